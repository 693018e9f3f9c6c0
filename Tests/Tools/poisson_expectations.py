"""Writes PoissonExpectations.swift: what OpenCV's seamlessClone makes of two waves, every eighth pixel's green."""
import cv2
import numpy as np

WIDTH, HEIGHT = 120, 100


def picture(a, b, c):
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    planes = [((x * a + y * b + x * y * c // 16 + channel * 37) % 97 + 60) for channel in range(3)]
    return np.stack(planes, -1).astype(np.uint8)


y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
mask = np.where((x - 60) ** 2 * 4 + (y - 50) ** 2 * 9 < 36 * 900 // 3, 255, 0).astype(np.uint8)
left, top, width, height = cv2.boundingRect(mask)
center = (left + width // 2, top + height // 2)
target, patch = picture(1, 2, 1), picture(2, 1, 0)
# The order of the channels does not matter to the solver.
result = cv2.seamlessClone(patch, target, mask, center, cv2.NORMAL_CLONE)
rows = [[int(result[row, column, 1]) for column in range(4, WIDTH, 8)] for row in range(4, HEIGHT, 8)]
print("// SPDX-License-Identifier: Apache-2.0\n// Part of FaceKit.\n")
print(f"// Made by Tests/Tools/poisson_expectations.py with OpenCV {cv2.__version__}.\n")
print("/// Levels of green that OpenCV's `seamlessClone` gives at every eighth pixel from the fourth on.")
print("enum PoissonExpectations {")
print(f"    static let (width, height) = ({WIDTH}, {HEIGHT})")
print("    static let levels = [")
for row in rows:
    print("        [" + ", ".join(map(str, row)) + "],")
print("    ]\n}")
