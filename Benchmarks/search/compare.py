#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
"""1:N search beside FAISS and USearch, as Markdown tables on standard output, and its growth as an SVG plot.

The faces are random directions; the probes are mates of some of them, at a cosine of --similarity to their face. All
indexes hold the same vectors. They take turns on the same probes, in an order that turns round; the figures are medians
over all calls. Recall is the share of the probes whose nearest face, found in double precision while the vectors were
made, comes first.
"""

import argparse
import importlib.metadata
import json
import os
import pathlib
import statistics
import sys
import time

import numpy as np

import engines
import plot

CHUNK = 50_000


def say(line):
    print(line, file=sys.stderr, flush=True)


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def mates(faces, similarity, random):
    """Unit vectors at a cosine of `similarity` to each face."""
    other = random.standard_normal(faces.shape, dtype=np.float32)
    across = unit(other - (other * faces).sum(axis=1, keepdims=True) * faces)
    return unit(similarity * faces + np.sqrt(1 - similarity**2) * across).astype(np.float32)


class Faces:
    """Vectors that are made bit by bit and written to a file, with the probes' nearest rows so far.

    They are the same every time, so that a file which a run before has left is read where it has `most` of them.
    """

    def __init__(self, path, dimension, probes, similarity, most):
        self.path, self.dimension = path, dimension
        self.random = np.random.Generator(np.random.SFC64(1))
        self.count = 0
        first = self.make(max(1000, probes))
        self.probes = mates(first[:probes], similarity, np.random.Generator(np.random.SFC64(2)))
        self.nearest = np.zeros(probes, np.int64)
        self.similarity = np.full(probes, -2, np.float32)
        self.waiting = first
        self.is_made = (path.exists() and path.stat().st_size >= most * dimension * 4
                        and np.array_equal(np.fromfile(path, np.float32, first.size), first.ravel()))
        if not self.is_made:
            path.write_bytes(b"")

    def make(self, count):
        return unit(self.random.standard_normal((count, self.dimension), dtype=np.float32))

    def read(self, count):
        offset = self.count * self.dimension * 4
        return np.fromfile(self.path, np.float32, count * self.dimension, offset=offset).reshape(count, -1)

    def grow(self, count):
        """Yields the vectors up to `count` in chunks, after writing them."""
        with open(self.path, "ab") as file:
            while self.count < count:
                if self.is_made:
                    chunk = self.read(min(CHUNK, count - self.count))
                else:
                    chunk = self.waiting if len(self.waiting) else self.make(CHUNK)
                    chunk, self.waiting = chunk[:count - self.count], chunk[count - self.count:]
                    chunk.tofile(file)
                    file.flush()
                products = self.probes @ chunk.T
                best = products.argmax(axis=1)
                values = products[np.arange(len(best)), best]
                better = values > self.similarity
                self.nearest[better] = self.count + best[better]
                self.similarity[better] = values[better]
                self.count += len(chunk)
                yield chunk


PEERS = {kind.name: kind for kind in (engines.FaissFlat, engines.FaissSQ8, engines.USearchExact, engines.USearchHNSW,
                                      engines.FaissBinaryFlat)}


def peers_for(size, options):
    """The peers that hold this many faces."""
    if options.peers is not None:
        return [PEERS[name] for name in options.peers]
    made = []
    if size <= options.full_limit:
        made += [engines.FaissFlat, engines.FaissSQ8, engines.USearchExact]
    if size <= options.graph_limit:
        made += [engines.USearchHNSW]
    return made + [engines.FaissBinaryFlat]


def take_turns(running, faces, size, options):
    """Times of single calls and of batches for each index, and the rows that it found."""
    results = {engine.name: {"single": [], "batch": [], "rows": {}} for engine in running}
    # About so many calls that a slow index's turn is a second.
    calls = max(2, min(20, 20_000_000 // size))
    for turn in range(options.rounds):
        first = turn * calls % (options.probes - calls + 1)
        for engine in running[turn % len(running):] + running[:turn % len(running)]:
            time.sleep(0.02)
            engine.search(faces.probes, first, 1, 1)
            times, rows = engine.search(faces.probes, first, calls, 1)
            results[engine.name]["single"] += times
            results[engine.name]["rows"].update(zip(range(first, first + calls), rows))
    for turn in range(options.batches):
        for engine in running[turn % len(running):] + running[:turn % len(running)]:
            time.sleep(0.02)
            times, rows = engine.search(faces.probes, turn * 64 % (options.probes - 63), 64, 64)
            results[engine.name]["batch"] += times
    return results


def table(size, running, results, faces, servers):
    lines = [
        f"### {size:,} faces",
        "",
        "| index | ms, one probe | least | 95 % | ms a probe, 64 at once | least | recall@1 | bytes a face | added/s |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for engine in running:
        result = results[engine.name]
        single = sorted(result["single"])
        found = result["rows"]
        recall = sum(row == faces.nearest[probe] for probe, row in found.items()) / len(found)
        result["median"], result["recall"] = statistics.median(single), recall
        result["batch_median"] = statistics.median(result["batch"]) / 64
        size_of_face = engine.bytes_per_face
        rate = f"{size / engine.seconds:,.0f}" if engine.seconds else ""
        lines.append(
            f"| {engine.name} | {result['median']:.3f} | {single[0]:.3f} | {single[len(single) * 95 // 100]:.3f} |"
            f" {result['batch_median']:.3f} | {min(result['batch']) / 64:.3f} | {recall:.4f} ({len(found)}) | {size_of_face:,} | {rate} |")
    return "\n".join(lines + [""])


def full_recall(server, faces, options):
    """Recall of the fast tier over all probes, searched in batches."""
    answer = server.ask(f"search fast 1 64 0 {options.probes}")
    return float(np.mean([rows[0] == nearest for rows, nearest in zip(answer["rows"], faces.nearest)]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", type=int, default=[1_000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--similarity", type=float, default=0.4)
    parser.add_argument("--probes", type=int, default=2000)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--batches", type=int, default=3, help="calls with 64 probes for each index")
    parser.add_argument("--peers", nargs="*", choices=list(PEERS), help="only these, whatever their limits")
    parser.add_argument("--full-limit", type=int, default=1_000_000, help="faces that Flat, SQ8 and i8 hold at most")
    parser.add_argument("--graph-limit", type=int, default=100_000, help="faces that HNSW holds at most")
    parser.add_argument("--work", type=pathlib.Path, required=True, help="folder for vectors; 2 KB a face")
    parser.add_argument("--pause", action="store_true", help="wait for a line on standard input before timing")
    parser.add_argument("--plot", type=pathlib.Path, help="write the growth of the time as SVG to this file")
    parser.add_argument("--json", type=pathlib.Path, help="write the figures to this file")
    options = parser.parse_args()
    sizes = sorted(options.sizes)
    options.work.mkdir(parents=True, exist_ok=True)

    faces = Faces(options.work / "vectors.f32", options.dimension, options.probes, options.similarity, sizes[-1])
    faces.probes.tofile(options.work / "probes.f32")
    server = engines.FaceKit(options.dimension, str(faces.path), options.threads, str(options.work / "index"))
    server.ask(f"probes {options.work / 'probes.f32'}")
    ours = [engines.FaceKitMethod(server, "exact", "**FaceKit exact**"),
            engines.FaceKitMethod(server, "fast", "**FaceKit fast**")]
    peers = {kind: kind(options.dimension, options.threads, sizes[-1]) for kind in peers_for(sizes[0], options)}
    growth, seconds = {}, 0.0
    print(f"{options.dimension} dimensions, {options.threads} threads, mates at a cosine of {options.similarity}; "
          f"faiss-cpu {importlib.metadata.version('faiss-cpu')}, usearch {importlib.metadata.version('usearch')}\n")
    for size in sizes:
        for kind in list(peers):
            if kind not in peers_for(size, options):
                del peers[kind]
        for chunk in faces.grow(size):
            for peer in peers.values():
                peer.timed_add(chunk)
            answer = server.ask(f"add {len(chunk)}")
            seconds += answer["seconds"]
        for method in ours:
            method.bytes_per_face, method.seconds = answer["bytesPerFace"], seconds
        running = ours + list(peers.values())
        say(f"{size} faces are in; FaceKit's process has {server.resident() / size:.0f} bytes a face")
        if options.pause:
            input()
        results = take_turns(running, faces, size, options)
        print(table(size, running, results, faces, server))
        print(f"Of all {options.probes} probes, the fast tier finds the nearest of"
              f" {full_recall(server, faces, options):.4%}. Level: {answer['level']}.")
        for engine in running:
            growth.setdefault(engine.name.strip("*"), []).append(
                (size, results[engine.name]["median"], results[engine.name]["batch_median"]))
        written = server.ask("checkpoint")["seconds"]
        opened = server.ask("open")["seconds"]
        ours[1].search(faces.probes, 0, 2, 1)
        mapped = ours[1].search(faces.probes, 0, min(40, options.probes), 1)[0]
        print(f"The index is written in {written:.2f} s and opened in {opened:.3f} s; mapped, a fast search takes"
              f" {statistics.median(mapped):.3f} ms (least {min(mapped):.3f}).\n", flush=True)
    server.close()
    if options.json:
        options.json.write_text(json.dumps(growth, indent=1))
    if options.plot:
        options.plot.write_text(plot.growth(growth))


if __name__ == "__main__":
    main()
