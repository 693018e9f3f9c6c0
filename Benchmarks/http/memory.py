#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
"""Sends requests and prints the server's resident memory on the way, as its /metrics tells it.

    memory.py URL PICTURE [COUNT [CLIENTS [FIELD [HEADER...]]]]

URL takes a form whose field FIELD (default picture) is a picture; a HEADER is "Name: value". Ends with the change from
1,000 requests to the last one, and with exit code 1 when that is more than 5 %.
"""

import http.client
import sys
import threading
import urllib.parse
import urllib.request

url, path = urllib.parse.urlparse(sys.argv[1]), sys.argv[2]
count = int(sys.argv[3]) if len(sys.argv) > 3 else 10_000
clients = int(sys.argv[4]) if len(sys.argv) > 4 else 4
field = sys.argv[5] if len(sys.argv) > 5 else "picture"
boundary = "memoryXmemory"
headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
headers.update(header.split(": ", 1) for header in sys.argv[6:])
body = (
    f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"; filename="a.jpg"\r\n\r\n'.encode()
    + open(path, "rb").read() + f"\r\n--{boundary}--\r\n".encode()
)
marks = [mark for mark in (100, 1000, 2500, 5000, 7500, 10_000) if mark < count] + [count]
lock, sent, readings, refused = threading.Lock(), 0, {}, 0


def memory():
    with urllib.request.urlopen(f"http://{url.netloc}/metrics") as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith("process_resident_memory_bytes"):
                return float(line.split()[1]) / 2**20
    raise SystemExit("the server tells nothing of its memory")


def client():
    global sent, refused
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=60)
    while True:
        with lock:
            if sent >= count:
                return
            sent += 1
            number = sent
        connection.request("POST", url.path + ("?" + url.query if url.query else ""), body, headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            with lock:
                refused += 1
        if number in marks:
            readings[number] = memory()
            print(f"after {number} requests: {readings[number]:.1f} MiB", flush=True)


threads = [threading.Thread(target=client) for _ in range(clients)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(f"{refused} of {count} were not answered with 200")
change = readings[count] / readings.get(1000, readings[count]) - 1
print(f"from 1000 to {count} requests: {change:+.1%}")
sys.exit(1 if abs(change) > 0.05 else 0)
