#!/usr/bin/env python3
"""FaceKit's gradient-domain blending beside OpenCV's seamlessClone, on the same mask and pictures.

    seamless.py FACEKIT SOURCE TARGET [--side 1000] [--rounds 5]

Both pictures are scaled to fill a square of the given side, the mask is an ellipse in it. OpenCV shrinks masks by three
pixels before it blends, so FaceKit is given the shrunken one. The engines take turns; times are those of blending alone.
"""
import argparse
import re
import subprocess
import tempfile
import time

import cv2
import numpy as np

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("facekit")
parser.add_argument("source")
parser.add_argument("target")
parser.add_argument("--side", type=int, default=1000)
parser.add_argument("--rounds", type=int, default=5)
arguments = parser.parse_args()
side, margin = arguments.side, 20
whole = side + 2 * margin
source, target = [cv2.resize(cv2.imread(path), (whole, whole)) for path in (arguments.source, arguments.target)]
mask = np.zeros((whole, whole), np.uint8)
cv2.ellipse(mask, (whole // 2, whole // 2), (side // 2, side // 2), 0, 0, 360, 255, -1)
left, top, width, height = cv2.boundingRect(mask)
center = (left + width // 2, top + height // 2)
shrunken = cv2.erode(mask, np.ones((3, 3), np.uint8), iterations=3)
with tempfile.TemporaryDirectory() as folder:
    paths = [f"{folder}/{name}.png" for name in ("patch", "target", "mask", "result")]
    for path, picture in zip(paths, (source, target, shrunken)):
        cv2.imwrite(path, picture)
    times = {"OpenCV": [], "FaceKit": []}
    for _ in range(arguments.rounds):
        start = time.perf_counter()
        wanted = cv2.seamlessClone(source, target, mask, center, cv2.NORMAL_CLONE)
        times["OpenCV"].append(1000 * (time.perf_counter() - start))
        command = [arguments.facekit, "bench", "blend", *paths[:3], "--output", paths[3], "--repetitions", "3"]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        times["FaceKit"].append(float(re.match(r"[\d.]+", output).group()))
    result = cv2.imread(paths[3])
difference = np.abs(result.astype(int) - wanted.astype(int))[shrunken > 0]
print(f"region of {width}×{height} pixels, {cv2.getNumThreads()} threads for OpenCV")
print(f"mean difference in the interior {difference.mean():.3f} levels, largest {difference.max()}")
for name, values in times.items():
    print(f"{name}: median {np.median(values):.1f} ms, least {min(values):.1f} ms")
print(f"ratio of the medians: {np.median(times['OpenCV']) / np.median(times['FaceKit']):.2f}")
