#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
"""Writes what Pillow makes of the pictures in FOLDER, for ImagingFormatsTests.

    pip install pillow==13.0.0 numpy
    python Tests/Tools/picture_expectations.py FOLDER > Tests/FaceKitTests/Imaging/PictureExpectations.swift

For each picture: its size and the mean red, green and blue of the cells of a grid over it, as stored (not turned by its
orientation) and with alpha dropped. Grids are 8 by 8, or as fine as a side of fewer pixels allows; cell (i, j) spans
columns i * width / n up to (i + 1) * width / n, rounded down. Grays of 16 bits count by their high byte. A picture that
Pillow refuses is a line without grid.
"""

import pathlib
import sys
import warnings

import numpy
from PIL import Image

CELLS = 8


def levels(picture):
    """The first frame's levels as height x width x 3; Pillow's own conversion of 16-bit grays clips them."""
    if picture.mode.startswith("I"):
        gray = (numpy.asarray(picture).astype(numpy.int64) >> 8).clip(0, 255)
        return numpy.repeat(gray[:, :, None], 3, axis=2)
    return numpy.asarray(picture.convert("RGB")).astype(numpy.int64)


def expectation(path):
    """Size and grid of means as hexadecimal digits, row by row; only the name for what Pillow refuses."""
    try:
        with Image.open(path) as picture:
            # Orientation is tested by itself; this keeps TIFF pictures as stored.
            picture.load()
            pixels = levels(picture)
    except Exception:  # Pillow documents no common type
        return ""
    height, width = pixels.shape[:2]
    columns, rows = min(CELLS, width), min(CELLS, height)
    digits = ""
    for j in range(rows):
        for i in range(columns):
            cell = pixels[j * height // rows:(j + 1) * height // rows, i * width // columns:(i + 1) * width // columns]
            digits += "".join(f"{int(level + 0.5):02x}" for level in cell.mean(axis=(0, 1)))
    return f" {width} {height} {digits}"


def main():
    warnings.simplefilter("ignore")
    folder = pathlib.Path(sys.argv[1])
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".csv")
    print("// SPDX-License-Identifier: Apache-2.0\n// Part of FaceKit.\n//")
    print("// Written by Tests/Tools/picture_expectations.py, which says what the lines mean.\n")
    print("// swift-format-ignore-file\n")
    print('let pictureExpectations = """')
    for path in paths:
        print(f"    {path.relative_to(folder).as_posix()}{expectation(path)}")
    print('    """')


main()
