#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
"""Speed of the inference engine beside ONNX Runtime, ncnn and OpenVINO, as Markdown tables on standard output.

All engines are loaded at once and take turns on the same random input. A turn is one untimed run and some timed ones in
a row; its figure is their median. Ratios are the medians, over the rounds, of time(peer) / time(FaceKit) within the
same round, so that what else the machine does weighs on both. Peers' workers go on spinning after a run, so there is a
pause of 60 ms before every turn.

Outputs are compared with those of ONNX Runtime: the largest difference over the largest magnitude of the output. Where
that is beyond 1e-4, double precision is the judge: the sigmoid of random weights' logits, which reach thousands, shows
their rounding a thousandfold, in every engine. FaceKit's error is then taken against double precision, and may be 1e-4
or three times ONNX Runtime's own.
"""

import argparse
import importlib.metadata
import os
import pathlib
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

import double_precision
import engines
import networks

ROOT = pathlib.Path(__file__).parents[2]
PAUSE_SECONDS = 0.06
TURN_MILLISECONDS = 15
MOST_RUNS_OF_A_TURN = 20
# Beyond this a peer computes something else and its time means nothing.
TOLERANCE_FOR_PEERS = 1e-2
TOLERANCE = 1e-4
# How much larger than ONNX Runtime's own the error may be: Winograd's transforms lose a bit or two.
ERROR_FACTOR = 3
# An output that is smaller throughout is all but zero, and its last digits are noise.
LEAST_MAGNITUDE = 1e-2


def say(line):
    print(line, file=sys.stderr, flush=True)


def error_of(outputs, reference):
    """The largest difference over an output's largest magnitude; infinite where sizes differ."""
    worst = 0.0
    if len(outputs) != len(reference):
        return float("inf")
    for ours, theirs in zip(outputs, reference):
        ours, theirs = np.ravel(ours).astype(np.float64), np.ravel(theirs).astype(np.float64)
        if ours.size != theirs.size:
            return float("inf")
        difference = np.abs(ours - theirs).max() / max(np.abs(theirs).max(), LEAST_MAGNITUDE)
        worst = max(worst, float("inf") if np.isnan(difference) else float(difference))
    return worst


def take_turns(running, rounds):
    """The turns' medians of each engine, round by round, and the least time of any run."""
    medians, least = {name: [] for name in running}, {name: float("inf") for name in running}
    first = {name: engine.time(2)[-1] for name, engine in running.items()}
    runs = {name: max(1, min(MOST_RUNS_OF_A_TURN, round(TURN_MILLISECONDS / max(first[name], 1e-3))))
            for name in running}
    for number in range(rounds):
        # Nobody always follows the same one.
        order = list(running)
        random.Random(number).shuffle(order)
        for name in order:
            time.sleep(PAUSE_SECONDS)
            times = running[name].time(runs[name] + 1)[1:]
            medians[name].append(statistics.median(times))
            least[name] = min(least[name], min(times))
    return medians, least


def compare(network, threads, level, peers, rounds, work):
    """A row of the table as a dictionary; what did not run has its reason instead of its times."""
    values = network.random_input()
    running, notes, errors, tolerance = {}, {}, {}, TOLERANCE
    makers = {"facekit": lambda: engines.FaceKit(network, values, threads, work, level)}
    for peer in peers:
        makers[peer] = lambda peer=peer: engines.PEERS[peer](network, values, threads, work)
    for name, make in makers.items():
        try:
            running[name] = make()
        except engines.CannotRun as reason:
            notes[name] = str(reason)
    try:
        if "onnxruntime" in running:
            reference = running["onnxruntime"].outputs
            errors = {name: error_of(engine.outputs, reference) for name, engine in running.items()}
            if errors.get("facekit", 0) > TOLERANCE:
                exact = double_precision.outputs(network, values)
                theirs = error_of(reference, exact)
                errors["facekit"] = error_of(running["facekit"].outputs, exact)
                tolerance = max(TOLERANCE, ERROR_FACTOR * theirs)
                say(f"{network.title}: against double precision FaceKit is off by {errors['facekit']:.1g},"
                    f" ONNX Runtime by {theirs:.1g}")
        for name in list(running):
            if name != "facekit" and errors.get(name, 0) > TOLERANCE_FOR_PEERS:
                notes[name] = f"computes something else (off by {errors[name]:.1g})"
                running.pop(name).close()
        medians, least = take_turns(running, rounds)
    finally:
        for engine in running.values():
            engine.close()
    ratios = {}
    if "facekit" in running:
        for name in running:
            ratios[name] = statistics.median(
                theirs / ours for theirs, ours in zip(medians[name], medians["facekit"])
            )
    return {
        "network": network, "threads": threads, "level": level, "notes": notes,
        "error": errors.get("facekit"), "tolerance": tolerance,
        "median": {name: statistics.median(turns) for name, turns in medians.items()},
        "least": least, "ratios": ratios,
    }


def header(peers):
    titles = [engines.PEERS[peer].title for peer in peers]
    columns = ["network and input", "FaceKit"] + titles + [f"{title} / FaceKit" for title in titles]
    columns += ["goal", "error"]
    return "| " + " | ".join(columns) + " |\n|---|" + "---:|" * (len(columns) - 1)


def line_of(row, peers):
    def milliseconds(name):
        if name not in row["median"]:
            return row["notes"].get(name, "")
        return f"{row['median'][name]:.3g} ({row['least'][name]:.3g})"

    cells = [row["network"].title] + [milliseconds(name) for name in ["facekit"] + peers]
    cells += [f"{row['ratios'][peer]:.2f}" if peer in row["ratios"] else "" for peer in peers]
    cells += [f"{row['network'].goal:.2f}", "" if row["error"] is None else f"{row['error']:.0e}"]
    return "| " + " | ".join(cells) + " |"


def misses_goal(row):
    """Only the best level has goals."""
    ratio = row["ratios"].get("onnxruntime")
    return row["level"] is None and ratio is not None and ratio < row["network"].goal


def processor():
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def versions(peers):
    return ", ".join(f"{engines.PEERS[peer].title} {importlib.metadata.version(peer)}" for peer in peers)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="compare these networks only")
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2], metavar="N")
    parser.add_argument("--levels", nargs="+", default=["best"], help="best, amx, avx512, avx2 or portable")
    parser.add_argument("--processor", choices=["avx2"], help="compare as on a processor that has no more than that")
    parser.add_argument("--peers", nargs="*", default=list(engines.PEERS), choices=list(engines.PEERS))
    parser.add_argument("--rounds", type=int, default=9, metavar="N")
    parser.add_argument("--shares", action="store_true", help="for what misses its goal, list the operators' shares")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a network misses its goal")
    parser.add_argument("--work", help="folder to keep made and converted networks in (default: a temporary one)")
    return parser.parse_args()


def pretend():
    """Begins again where CPUID says that the processor ends at AVX2, so that every engine chooses its kernels for that."""
    library = ROOT / ".build/bench-engine/avx2_processor.so"
    if os.environ.get("LD_PRELOAD") == str(library):
        return
    library.parent.mkdir(parents=True, exist_ok=True)
    source = pathlib.Path(__file__).with_name("avx2_processor.c")
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, source], check=True)
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "LD_PRELOAD": str(library)})


def chosen_networks(options, work):
    mirror = pathlib.Path(os.environ.get("FACEKIT_MODEL_MIRROR") or ROOT / "../shared/models")
    tools = os.environ.get("FACEKIT_REFERENCE_TOOLS") or str(ROOT / "../shared/tools")
    (work / "random").mkdir(parents=True, exist_ok=True)
    found = list(networks.with_random_weights(tools, work / "random", options.only))
    found += [network for network in networks.shared(mirror) if not options.only or network.name in options.only]
    missing = set(options.only or []) - {network.name for network in found}
    if missing:
        sys.exit(f"no network is named {', '.join(sorted(missing))}; the mirror is {mirror}")
    return found


def main():
    options = arguments()
    if options.processor:
        pretend()
    with tempfile.TemporaryDirectory() as temporary:
        # Converters run in folders of their own.
        work = pathlib.Path(options.work or temporary).resolve()
        chosen = chosen_networks(options, work)
        limit = " as if it ended at AVX2" if options.processor else ""
        print(f"{processor()}{limit}, {os.cpu_count()} processors; {versions(options.peers)}; float32, batch 1;"
              f" median (minimum) in milliseconds, {options.rounds} rounds.")
        rows, available = [], sorted(os.sched_getaffinity(0))
        for level in options.levels:
            for threads in options.threads:
                # All engines on the same cores: what a host does beside a core differs from core to core.
                os.sched_setaffinity(0, available[:threads])
                print(f"\n### {threads} {'thread' if threads == 1 else 'threads'}, {level} level of FaceKit\n")
                print(header(options.peers), flush=True)
                for network in chosen:
                    own = work / ("random" if network.has_random_weights else "shared") / network.title.split()[-1]
                    folder = own / network.name
                    folder.mkdir(parents=True, exist_ok=True)
                    row = compare(network, threads, None if level == "best" else level, options.peers, options.rounds,
                                  folder)
                    print(line_of(row, options.peers), flush=True)
                    rows.append(row)
        missed = [row for row in rows if misses_goal(row)]
        wrong = [row for row in rows if row["error"] is not None and row["error"] > row["tolerance"]]
        for row in missed:
            say(f"below its goal: {row['network'].title}, {row['threads']} threads:"
                f" {row['ratios']['onnxruntime']:.2f} < {row['network'].goal:.2f}"
                f" (of the minima: {row['least']['onnxruntime'] / row['least']['facekit']:.2f})")
            if options.shares:
                shares = engines.FaceKit.profile(row["network"], row["threads"], row["level"])
                say("    " + ", ".join(f"{kind['kind']} {kind['share']:.0%}" for kind in shares[:8]))
        for row in wrong:
            say(f"outputs are wrong: {row['network'].title}, {row['threads']} threads,"
                f" level {row['level'] or 'best'}: {row['error']:.1g} > {row['tolerance']:.1g}")
        absent = [row for row in rows if "facekit" in row["notes"]]
        for row in absent:
            say(f"does not run: {row['network'].title}: {row['notes']['facekit']}")
        if wrong or absent or (options.check and missed):
            sys.exit(1)


if __name__ == "__main__":
    main()
