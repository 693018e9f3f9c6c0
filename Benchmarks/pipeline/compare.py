# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
"""Runs facekit bench pipeline and the same pipeline in Python in turns; see Benchmarks/README.md."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy

import peer
import pictures

STAGES = ("decode", "detect", "align", "embed")


class Ours:
    """facekit bench pipeline --serve."""

    def __init__(self, facekit, files, threads, *options):
        command = [facekit, "bench", "pipeline", *files, "--serve", "--threads", str(threads), "--model", "yunet_n"]
        self.process = subprocess.Popen(
            [*command, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        json.loads(self.process.stdout.readline())

    def run(self, index):
        self.process.stdin.write(f"{index}\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        return answer["faces"], answer["stages"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Theirs:
    """The Python pipeline, in this process."""

    def __init__(self, models, files, threads, **options):
        self.peer = peer.Peer(models, threads, **options)
        self.files = [numpy.fromfile(file, numpy.uint8) for file in files]

    def run(self, index):
        vectors, stages = self.peer.run(self.files[index])
        return len(vectors), stages

    def close(self):
        pass


def turns(sides, count, rounds, pause):
    """For each picture and side: the faces found and the stages' times of each round."""
    results = {}
    names = list(sides)
    for index in range(count):
        for name in names:
            sides[name].run(index)
        for turn in range(rounds):
            # The order turns round, so that none is always first.
            for name in names[turn % len(names):] + names[:turn % len(names)]:
                time.sleep(pause)
                faces, stages = sides[name].run(index)
                entry = results.setdefault((index, name), {"faces": faces, "stages": []})
                entry["stages"].append(stages)
    return results


def total(stages):
    return sum(stages[stage] for stage in STAGES)


def table(names, sides, results, threads):
    print(f"\n{threads} thread{'s' if threads > 1 else ''}; medians in ms, and each stage's share\n")
    print("| picture | side | faces | total | " + " | ".join(STAGES) + " | theirs / ours |")
    print("|---|---|--:|--:|" + "--:|" * len(STAGES) + "--:|")
    for index, picture in enumerate(names):
        ours = [total(stages) for stages in results[index, "facekit"]["stages"]]
        for side in sides:
            entry = results[index, side]
            totals = [total(stages) for stages in entry["stages"]]
            medians = [statistics.median(stages[stage] for stages in entry["stages"]) for stage in STAGES]
            cells = [f"{time:.2f} ({100 * time / sum(medians):.0f} %)" for time in medians]
            ratio = statistics.median(other / own for other, own in zip(totals, ours))
            mark = "" if side == "facekit" else f"{ratio:.2f}"
            print(f"| {picture} | {side} | {entry['faces']} | {statistics.median(totals):.1f} | "
                  + " | ".join(cells) + f" | {mark} |")


# A child's peak memory counts that of the process it was made from, so a small one makes it.
LAUNCHER = """
import os, sys, time
start = time.perf_counter()
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, 1, 0)])
_, status, usage = os.wait4(child, 0)
print(time.perf_counter() - start, usage.ru_maxrss, status)
"""


def process(command, environment):
    """Seconds and peak memory in MB of a command that must succeed."""
    run = subprocess.run([sys.executable, "-S", "-E", "-c", LAUNCHER, *command], env=environment, check=True,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    seconds, kilobytes, status = run.stdout.split()
    if status != "0":
        sys.exit(f"failed: {' '.join(command)}")
    return float(seconds), float(kilobytes) / 1024


def compare_commands(facekit, models, pair, rounds, threads):
    environment = dict(os.environ, PEER_THREADS=str(threads))
    commands = {
        "facekit compare": [facekit, "compare", *pair, "--threads", str(threads), "--model", "yunet_n"],
        "Python": [sys.executable, os.path.join(os.path.dirname(__file__), "peer.py"), models, *pair],
    }
    found = {name: [] for name in commands}
    for name in commands:
        process(commands[name], environment)
    for _ in range(rounds):
        for name, command in commands.items():
            found[name].append(process(command, environment))
    print(f"\nOne comparison, from start to exit, of two portraits of 250×250 pixels, {threads} thread(s)\n")
    print("| side | seconds | peak memory |\n|---|--:|--:|")
    for name, runs in found.items():
        seconds, memory = (statistics.median(values) for values in zip(*runs))
        print(f"| {name} | {seconds:.3f} | {memory:.0f} MB |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--facekit", required=True)
    parser.add_argument("--models", required=True)
    parser.add_argument("--portraits", required=True, help="folder of LFW pictures")
    parser.add_argument("--threads", type=int, nargs="+", default=[1])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--keep", help="write the pictures here, and leave them")
    parser.add_argument("--detector", choices=("ort", "opencv"), default="ort", help="what runs the peer's YuNet")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        written = pictures.write_all(options.portraits, options.keep or folder)
        names, files = [name for name, _ in written], [path for _, path in written]
        for name, path in written:
            print(f"{name}: {os.path.getsize(path) / 1e6:.2f} MB")
        for threads in options.threads:
            sides = {
                "facekit": Ours(options.facekit, files, threads),
                "facekit, decoding whole": Ours(options.facekit, files, threads, "--whole"),
                "Python": Theirs(options.models, files, threads, detector=options.detector),
                "Python, decoding at 1/2": Theirs(
                    options.models, files, threads, reduces=True, detector=options.detector),
            }
            # Idle workers of the other side go on spinning for a while after a run.
            results = turns(sides, len(files), options.rounds, 0.06 if threads > 1 else 0)
            for side in sides.values():
                side.close()
            table(names, sides, results, threads)
        people = [os.path.join(options.portraits, name) for name in sorted(os.listdir(options.portraits))[:2]]
        pair = [os.path.join(person, sorted(os.listdir(person))[0]) for person in people]
        compare_commands(options.facekit, options.models, pair, options.rounds, options.threads[0])


if __name__ == "__main__":
    main()
