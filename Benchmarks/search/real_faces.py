#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
"""The fast tier beside the exact one on real faces among synthetic ones.

Reads what `facekit embed --json` printed of pictures in a folder for each person. Of people with two pictures or more
the first is enrolled and the others are mated probes; people with one picture are non-mated probes. The gallery is
filled with vectors drawn from a normal distribution that has the mean and the covariance of all real embeddings, and
scaled to length 1. How alike strangers are is printed for real and for synthetic faces, to show how far they resemble
each other.

FPIR is the share of non-mated probes with a hit at or above the threshold, FNIR that of mated probes whose person does
not come first or is below it. The thresholds are those that give the exact search its FPIR.
"""

import argparse
import json
import os
import pathlib
import sys

import numpy as np

import engines

CHUNK = 50_000


def documents(text):
    """The JSON documents of a text, one after the other."""
    decoder, start = json.JSONDecoder(), 0
    while start < len(text.rstrip()):
        document, start = decoder.raw_decode(text, start)
        while start < len(text) and text[start].isspace():
            start += 1
        yield document


def faces_of(path):
    """For each picture with a face the person and the embedding of the face in the middle."""
    found = []
    for document in documents(pathlib.Path(path).read_text()):
        for picture in document["pictures"]:
            faces = picture.get("faces") or []
            if not faces:
                continue
            # The pictures are 250 x 250, with the person in the middle.
            middle = min(faces, key=lambda f: np.hypot(f["box"][0] + f["box"][2] / 2 - 125,
                                                       f["box"][1] + f["box"][3] / 2 - 125))
            name = picture.get("path") or picture.get("file") or picture.get("picture")
            found.append((pathlib.Path(name).parent.name, middle["embedding"]))
    return found


def quantiles(values):
    return " ".join(f"{value:.3f}" for value in np.quantile(values, [0.5, 0.99, 0.9999]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("embeddings", help="what facekit embed --json printed")
    parser.add_argument("--faces", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--work", type=pathlib.Path, required=True, help="folder for vectors; 2 KB a face")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)

    found = faces_of(options.embeddings)
    people = {}
    for person, embedding in found:
        people.setdefault(person, []).append(embedding)
    several = {person: all for person, all in people.items() if len(all) > 1}
    enrolled = np.array([all[0] for all in several.values()], np.float32)
    mated = np.array([one for all in several.values() for one in all[1:]], np.float32)
    owner = np.array([row for row, all in enumerate(several.values()) for _ in all[1:]])
    strangers = np.array([all[0] for all in people.values() if len(all) == 1], np.float32)
    real = np.array([embedding for _, embedding in found], np.float64)
    print(f"{len(enrolled)} people enrolled, {len(mated)} mated probes, {len(strangers)} non-mated probes,"
          f" {real.shape[1]} dimensions")

    random = np.random.Generator(np.random.SFC64(3))
    mean, root = real.mean(axis=0), np.linalg.cholesky(np.cov(real.T) + 1e-9 * np.eye(real.shape[1]))
    mean, root = mean.astype(np.float32), root.T.astype(np.float32)

    def draw(count):
        drawn = mean + random.standard_normal((count, len(mean)), dtype=np.float32) @ root
        return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)

    print("similarity of strangers (median, 99 %, 99.99 %)")
    print("  real to real          ", quantiles((strangers @ enrolled.T).ravel()))
    print("  real to synthetic     ", quantiles((strangers @ draw(5000).T).ravel()))
    print("  synthetic to synthetic", quantiles((draw(2000) @ draw(5000).T).ravel()))

    path, probes = options.work / "real.f32", np.concatenate([mated, strangers])
    probes.tofile(options.work / "real-probes.f32")
    enrolled.tofile(path)
    server = engines.FaceKit(len(mean), str(path), options.threads)
    server.ask(f"probes {options.work / 'real-probes.f32'}")
    count = server.ask(f"add {len(enrolled)}")["faces"]
    for size in sorted(options.faces):
        while count < size:
            chunk = draw(min(CHUNK, size - count))
            with open(path, "ab") as file:
                chunk.tofile(file)
            count = server.ask(f"add {len(chunk)}")["faces"]
        answers = {}
        for method in ("exact", "fast"):
            answer = server.ask(f"search {method} 1 64 0 {len(probes)}")
            answers[method] = (np.array([rows[0] for rows in answer["rows"]]),
                               np.array([values[0] for values in answer["similarities"]], np.float64))
        print(f"\n{size:,} faces: {np.mean(answers['exact'][0] == answers['fast'][0]):.4%} of all probes have the same"
              " first hit")
        print("\n| | rank-1 rate | " + " | ".join(f"FNIR at FPIR {rate:.1%} | FPIR" for rate in (0.001, 0.01, 0.1)) + " |")
        print("|---|" + "---:|" * 7)
        thresholds = [np.quantile(answers["exact"][1][len(mated):], 1 - rate) for rate in (0.001, 0.01, 0.1)]
        for method, (rows, values) in answers.items():
            right = rows[:len(mated)] == owner
            cells = [f"{right.mean():.3%}"]
            for threshold in thresholds:
                cells.append(f"{np.mean(~right | (values[:len(mated)] < threshold)):.3%}")
                cells.append(f"{np.mean(values[len(mated):] >= threshold):.3%}")
            print(f"| {method} | " + " | ".join(cells) + " |", flush=True)
    server.close()


if __name__ == "__main__":
    main()
