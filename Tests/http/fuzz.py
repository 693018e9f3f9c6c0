#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
"""Sends mutated forms and JSON to all systems of a running server.

    fuzz.py PICTURE [COUNT] [SEED]

A server runs with its default ports, mtcnn's token "token" and CompreFace's demo keys. Prints how often each status came
from each system, what was 5xx without the contract's demanding it, and the server's memory on the way (from /metrics).
"""

import base64
import collections
import http.client
import json
import random
import sys
import time
import urllib.request

picture = open(sys.argv[1], "rb").read()
count = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
random.seed(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
small = picture[:2000]
encoded = base64.b64encode(small).decode()
key = "00000000-0000-0000-0000-00000000000"
boundary = "XfuzzX"


def form(parts):
    body = b""
    for name, filename, content in parts:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
        head += f'; filename="{filename}"' if filename else ""
        body += head.encode() + b"\r\n\r\n" + content + b"\r\n"
    return body + f"--{boundary}--\r\n".encode()


MULTIPART = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
JSON = {"Content-Type": "application/json"}
seeds = []


def seed(port, method, path, headers, body, demanded=()):
    seeds.append((port, method, path, headers, body, demanded))


for n, path, parts in [
    ("3", "/api/v1/detection/detect?limit=1&det_prob_threshold=0.8&face_plugins=landmarks", [("file", "a.jpg", small)]),
    ("2", "/api/v1/recognition/recognize?prediction_count=2&status=true", [("file", "a.jpg", small), ("limit", None, b"1")]),
    ("2", "/api/v1/recognition/faces?subject=x", [("file", "a.jpg", small)]),
    ("4", "/api/v1/verification/verify", [("source_image", "a.jpg", small), ("target_image", "b.png", small)]),
]:
    seed(8000, "POST", path, MULTIPART | {"x-api-key": key + n}, form(parts))
for n, method, path, body in [
    ("2", "POST", "/api/v1/recognition/subjects", {"subject": "x"}),
    ("2", "PUT", "/api/v1/recognition/subjects/x", {"subject": "y"}),
    ("2", "DELETE", "/api/v1/recognition/subjects/y", None),
    ("2", "GET", "/api/v1/recognition/faces?page=0&size=5&subject=x", None),
    ("2", "POST", "/api/v1/recognition/faces/delete", ["6b135f5b-a365-4522-b1f1-4c9ac2dd0728"]),
    ("2", "POST", "/api/v1/recognition/recognize", {"file": encoded}),
    ("2", "POST", "/api/v1/recognition/embeddings/recognize?prediction_count=1", {"embeddings": [[0.1] * 8]}),
    ("4", "POST", "/api/v1/verification/embeddings/verify", {"source": [0.1, 0.2], "targets": [[0.1, 0.2]]}),
]:
    seed(8000, method, path, JSON | {"x-api-key": key + n}, b"" if body is None else json.dumps(body).encode())
for path, body in [
    ("/v1/detect", {"picture": encoded}), ("/v1/embed", {"picture": [encoded]}), ("/v1/search?limit=3", {"picture": encoded}),
    ("/v1/compare", {"first": encoded, "second": encoded}), ("/v1/subjects", {"name": "x"}),
    ("/v1/analyze", {"picture": encoded, "attributes": ["age"]}),
]:
    seed(8000, "POST", path, JSON, json.dumps(body).encode())
seed(8000, "POST", "/v1/faces", MULTIPART, form([("picture", "a.jpg", small), ("subject", None, b"x")]))
seed(18080, "POST", "/extract", JSON, json.dumps({"images": {"data": [encoded]}, "max_size": 640}).encode())
seed(18080, "POST", "/ver", JSON, json.dumps({"source": {"data": encoded}, "target": {"data": [encoded]}}).encode())
seed(30025, "POST", "/upload", MULTIPART | {"Authorization": "token"}, form([("image", "a.png", small)]))
seed(30025, "POST", "/uploads", MULTIPART | {"Authorization": "token"}, form([("image", "a.png", small)] * 2))
seed(5000, "POST", "/detect", MULTIPART, form([("image_file", "a.jpg", small)]))
seed(5000, "POST", "/search", MULTIPART, form([("image_file", "a.jpg", small), ("threshold", None, b"0.65")]))
seed(5000, "GET", "/search?face_token=abc&threshold=0.5", {}, b"")
seed(5000, "GET", "/addface?face_token=abc&face_name=x", {}, b"")
for path, body in [
    ("/checkUser", {"openId": "a"}), ("/user/getHistory", {"openId": "a"}),
    ("/save", {"user_Id": "a", "history_id": 1, "type": "fusion", "outputImage": "x"}),
]:
    seed(9420, "POST", path, JSON, json.dumps(body).encode())
for path in ("/detect", "/rest/recognize", "/fusion"):
    # Unreadable pictures are 500 by the contract.
    seed(9420, "POST", path, JSON, json.dumps({"user_Id": "a", "inputImage": encoded}).encode(), (500,))


def mutate(data):
    data = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 3, 8))):
        kind = random.randrange(8)
        at = random.randrange(len(data) + 1)
        if kind == 0 and data:
            data[at % len(data)] = random.randrange(256)
        elif kind == 1:
            data[at:at] = bytes(random.randrange(256) for _ in range(random.randrange(1, 9)))
        elif kind == 2:
            del data[at:at + random.randrange(1, 40)]
        elif kind == 3:
            del data[at:]
        elif kind == 4:
            data[at:at] = random.choice((b'"', b"{", b"[", b"\\", b"\r\n", b"--" + boundary.encode(), b"\x00", b"null",
                                         b"-1", b"1e999", b"\xff\xfe", b"\\ud800", b"NaN", b",", b"%00", b"true"))
        elif kind == 5 and data:
            chunk = data[at:at + random.randrange(1, 200)]
            data[at:at] = chunk * random.randrange(1, 4)
        elif kind == 6 and data:
            for i in range(at, min(at + 4, len(data))):
                data[i] ^= 1 << random.randrange(8)
        else:
            other = random.choice(seeds)[4]
            start = random.randrange(len(other) + 1)
            data[at:at] = other[start:start + random.randrange(1, 200)]
    return bytes(data)


def mutate_path(path):
    if random.random() < 0.7:
        return path
    data = list(path)
    at = random.randrange(1, len(data) + 1)
    data[at:at] = random.choice(("%", "%00", "%2F", "/", "?", "&", "=", ";", "..", "+", "%ff", "-1", "x" * 50, "é".encode().decode("latin-1")))
    return "".join(data).replace(" ", "%20")


def memory():
    with urllib.request.urlopen("http://127.0.0.1:8000/metrics") as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith("process_resident_memory_bytes"):
                return float(line.split()[1]) / 2**20


connections = {}
statuses = collections.Counter()
unexpected = []
started = time.time()
for number in range(count):
    port, method, path, headers, body, demanded = random.choice(seeds)
    body = mutate(body) if body and random.random() < 0.95 else body
    path = mutate_path(path)
    if random.random() < 0.03:
        headers = {k: v for k, v in headers.items() if random.random() < 0.5}
    for attempt in (1, 2):
        connection = connections.setdefault(port, http.client.HTTPConnection("127.0.0.1", port, timeout=30))
        try:
            connection.request(method, path.encode("latin-1", "replace").decode("latin-1"), body, headers)
            response = connection.getresponse()
            answer = response.read()
            break
        except (http.client.HTTPException, ConnectionError, UnicodeError) as error:
            connection.close()
            connections.pop(port, None)
            if isinstance(error, UnicodeError) or isinstance(error, http.client.InvalidURL):
                answer = None
                break
            if attempt == 2:
                raise SystemExit(f"no answer to request {number}: {error!r} {method} {path} {body[:200]!r}")
    if answer is None:
        continue
    statuses[(port, response.status)] += 1
    if response.status >= 500 and response.status not in demanded:
        unexpected.append((port, method, path, response.status, answer[:200], body[:300]))
    if number + 1 in (1000, count // 4, count // 2, count):
        print(f"after {number + 1} requests, {time.time() - started:.0f} s: {memory():.1f} MiB", flush=True)
for (port, status), times in sorted(statuses.items()):
    print(f"port {port}: status {status} {times} times")
print(f"{len(unexpected)} answers 5xx that no contract demands")
for line in unexpected[:20]:
    print(line)
sys.exit(1 if unexpected else 0)
