#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
"""Loads a server with a number of clients for some seconds, and prints requests per second and latencies.

    load.py URL PICTURE CLIENTS SECONDS [FIELD [HEADER...]]

The picture goes into the form's field FIELD (default picture); a HEADER is "Name: value".
"""

import http.client
import statistics
import sys
import threading
import time
import urllib.parse

url, path, clients, seconds = urllib.parse.urlparse(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
field = sys.argv[5] if len(sys.argv) > 5 else "picture"
boundary = "loadXload"
body = (
    f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"; filename="a.jpg"\r\n\r\n'.encode()
    + open(path, "rb").read() + f"\r\n--{boundary}--\r\n".encode()
)
headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
headers.update(header.split(": ", 1) for header in sys.argv[6:])
latencies, refused, lock = [], [0], threading.Lock()
end = time.monotonic() + seconds


def client():
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=60)
    mine, no = [], 0
    while time.monotonic() < end:
        begun = time.monotonic()
        try:
            connection.request("POST", url.path, body, headers)
            answer = connection.getresponse()
            answer.read()
        except (ConnectionError, http.client.HTTPException):
            connection.close()
            no += 1
            continue
        if answer.status == 200:
            mine.append(time.monotonic() - begun)
        else:
            no += 1
            time.sleep(0.05)
    with lock:
        latencies.extend(mine)
        refused[0] += no


threads = [threading.Thread(target=client) for _ in range(clients)]
begun = time.monotonic()
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
spent = time.monotonic() - begun
latencies.sort()
rate = len(latencies) / spent
if latencies:
    p50, p99 = statistics.median(latencies), latencies[min(len(latencies) - 1, int(len(latencies) * 0.99))]
    print(f"{rate:.2f} {p50 * 1000:.1f} {p99 * 1000:.1f} {refused[0]}")
else:
    print(f"0 0 0 {refused[0]}")
