# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
"""The indexes that compare.py lets take turns. All hold the same unit vectors and answer with row numbers."""

import json
import os
import subprocess
import time

import faiss
import numpy as np
from usearch.index import Index, MetricKind, search


class FaceKit:
    """`facekit gallery benchmark --serve`: one process, searched exactly and by its fast tier."""

    def __init__(self, dimension, vectors, threads, folder=None, keep=False):
        command = [os.environ["FACEKIT"], "gallery", "benchmark", "--serve", "--vectors", vectors,
                   "--dimension", str(dimension), "--threads", str(threads)]
        command += ["--folder", folder] if folder else []
        command += ["--keep-vectors"] if keep else []
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit("facekit ended before it answered " + line)
        return json.loads(answer)

    def resident(self):
        """Bytes of the process's memory, without what it maps of files."""
        with open(f"/proc/{self.process.pid}/status") as status:
            fields = dict(line.split(":", 1) for line in status)
        return int(fields["RssAnon"].split()[0]) * 1024

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class FaceKitMethod:
    """One way of searching a FaceKit index."""

    def __init__(self, server, method, label):
        self.server, self.method, self.name = server, method, label
        self.seconds_of_adding = None

    def search(self, probes, first, count, batch):
        answer = self.server.ask(f"search {self.method} 1 {batch} {first} {count}")
        return answer["milliseconds"], [rows[0] for rows in answer["rows"]]


class Peer:
    """An index in this process for up to `most` faces. `add` and `query` come from the subclass."""

    bytes_per_face = None

    def __init__(self):
        self.seconds = 0.0

    def timed_add(self, vectors):
        start = time.perf_counter()
        self.add(vectors)
        self.seconds += time.perf_counter() - start

    def search(self, probes, first, count, batch):
        times, rows = [], []
        for start in range(first, first + count, batch):
            some = self.prepared(probes[start:min(start + batch, first + count)])
            begin = time.perf_counter()
            found = self.query(some)
            times.append((time.perf_counter() - begin) * 1000)
            rows += [int(row) for row in np.ravel(found)]
        return times, rows

    def prepared(self, probes):
        return np.ascontiguousarray(probes)


class FaissFlat(Peer):
    name = "FAISS Flat"

    def __init__(self, dimension, threads, most):
        super().__init__()
        faiss.omp_set_num_threads(threads)
        self.index, self.bytes_per_face = faiss.IndexFlatIP(dimension), 4 * dimension

    def add(self, vectors):
        self.index.add(vectors)

    def query(self, probes):
        return self.index.search(probes, 1)[1]


class FaissSQ8(FaissFlat):
    name = "FAISS SQ8"

    def __init__(self, dimension, threads, most):
        super().__init__(dimension, threads, most)
        self.index = faiss.IndexScalarQuantizer(
            dimension, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT)
        self.bytes_per_face = dimension

    def add(self, vectors):
        if not self.index.is_trained:
            self.index.train(vectors[:20_000])
        self.index.add(vectors)


class FaissBinaryFlat(Peer):
    """Sign codes alone, without a finer stage. The vectors' components are independent, so they need no rotation."""

    name = "FAISS BinaryFlat"

    def __init__(self, dimension, threads, most):
        super().__init__()
        faiss.omp_set_num_threads(threads)
        self.index, self.bytes_per_face = faiss.IndexBinaryFlat(dimension), dimension // 8

    def prepared(self, vectors):
        return np.packbits(vectors < 0, axis=1)

    def add(self, vectors):
        self.index.add(self.prepared(vectors))

    def query(self, probes):
        return self.index.search(probes, 1)[1]


class USearchExact(Peer):
    """USearch's exact search over signed bytes."""

    name = "USearch exact i8"

    def __init__(self, dimension, threads, most):
        super().__init__()
        self.threads, self.bytes_per_face = threads, dimension
        # Takes memory as it is filled.
        self.room, self.count = np.empty((most, dimension), np.int8), 0

    def prepared(self, vectors):
        return np.round(vectors * (127 / np.abs(vectors).max(axis=1, keepdims=True))).astype(np.int8)

    def add(self, vectors):
        self.room[self.count:self.count + len(vectors)] = self.prepared(vectors)
        self.count += len(vectors)

    def query(self, probes):
        return search(self.room[:self.count], probes, 1, MetricKind.Cos, exact=True, threads=self.threads).keys


class USearchHNSW(Peer):
    """USearch's graph over signed bytes, with its defaults."""

    name = "USearch HNSW i8"

    def __init__(self, dimension, threads, most):
        super().__init__()
        self.threads = threads
        self.index = Index(ndim=dimension, metric="cos", dtype="i8")

    def add(self, vectors):
        first = len(self.index)
        self.index.add(np.arange(first, first + len(vectors)), vectors, threads=self.threads)
        self.bytes_per_face = self.index.memory_usage // len(self.index)

    def query(self, probes):
        return self.index.search(probes, 1, threads=self.threads).keys
