#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
"""Loads a server with a number of clients for some seconds, and prints requests per second and latencies.

    load.py URL PICTURE CLIENTS SECONDS [FIELD [HEADER...]]

The picture goes into the form's field FIELD (default picture); a HEADER is "Name: value". Requests are bytes made once, and
of answers no more is read than where they end: the load takes little of the processors that it shares with the server.
"""

import re
import socket
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
head = [f"POST {url.path} HTTP/1.1", f"Host: {url.netloc}", f"Content-Type: multipart/form-data; boundary={boundary}",
        f"Content-Length: {len(body)}", *sys.argv[6:]]
request = ("\r\n".join(head) + "\r\n\r\n").encode() + body
latencies, refused, lock = [], [0], threading.Lock()
end = time.monotonic() + seconds


class Connection:
    """One client's connection, opened again after answers that end it."""

    def __init__(self):
        self.socket = None

    def close(self):
        if self.socket is not None:
            self.socket.close()
        self.socket = None

    def exchange(self):
        """Sends the request, reads the whole answer, and returns its status."""
        if self.socket is None:
            self.socket = socket.create_connection((url.hostname, url.port), timeout=60)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(request)
        answer = b""
        while (head_end := answer.find(b"\r\n\r\n")) < 0:
            answer += self.more()
        head = answer[:head_end].lower()
        length = re.search(rb"\r\ncontent-length: *(\d+)", head)
        if length is None:
            raise ConnectionError("an answer without a length")
        missing = int(length[1]) - (len(answer) - head_end - 4)
        while missing > 0:
            missing -= len(self.more())
        if head.startswith(b"http/1.0") or b"\r\nconnection: close" in head:
            self.close()
        return int(head.split(b" ", 2)[1])

    def more(self):
        received = self.socket.recv(1 << 16)
        if not received:
            raise ConnectionError("closed within an answer")
        return received


def client():
    connection = Connection()
    mine, no = [], 0
    while time.monotonic() < end:
        begun = time.monotonic()
        try:
            status = connection.exchange()
        except OSError:
            connection.close()
            no += 1
            continue
        if status == 200:
            mine.append(time.monotonic() - begun)
        else:
            no += 1
            time.sleep(0.05)
    connection.close()
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
