# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
"""Composes photographs with a known number of faces from portraits, for measuring only.

Portraits are pasted with soft edges onto an enlarged, blurred photograph, and all of it gets the grain of a camera's
sensor, so that files have the size and faces the surroundings that they have in photographs of their kind.
"""

import os

import cv2
import numpy

SIZES = {"1280x720": (1280, 720), "4000x3000": (4000, 3000)}


def portraits(folder, count):
    """Pictures of as many people, the first of each by name; LFW has one face in the middle of 250x250 pixels."""
    people = sorted(name for name in os.listdir(folder) if os.path.isdir(os.path.join(folder, name)))
    step = max(1, len(people) // count)
    for person in people[::step][:count]:
        yield cv2.imread(os.path.join(folder, person, sorted(os.listdir(os.path.join(folder, person)))[0]))


def canvas(picture, width, height, random):
    small = cv2.GaussianBlur(picture, (0, 0), 12)
    large = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC).astype(numpy.float32)
    # Structure at several scales, as walls, trees and clothes have it.
    for cells in (6, 24, 96):
        noise = random.normal(0, 12, (cells * height // width + 1, cells)).astype(numpy.float32)
        large += cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)[:, :, None]
    return large


def paste(background, portrait, x, y, side):
    """Puts the middle of a portrait, scaled to `side`, at (x, y)."""
    head = portrait[20:230, 20:230]
    method = cv2.INTER_AREA if side < head.shape[0] else cv2.INTER_CUBIC
    head = cv2.resize(head, (side, side), interpolation=method).astype(numpy.float32)
    ramp = numpy.clip(numpy.minimum(numpy.arange(side), numpy.arange(side)[::-1]) / (0.12 * side), 0, 1)
    alpha = (ramp[:, None] * ramp[None]).astype(numpy.float32)[:, :, None]
    part = background[y:y + side, x:x + side]
    background[y:y + side, x:x + side] = part * (1 - alpha) + head * alpha


def compose(folder, width, height, faces, seed=1):
    random = numpy.random.default_rng(seed)
    people = list(portraits(folder, faces + 1))
    picture = canvas(people[-1], width, height, random)
    columns, rows = (1, 1) if faces == 1 else (5, (faces + 4) // 5)
    cell_width, cell_height = width // columns, height // rows
    for index, person in enumerate(people[:faces]):
        # Of one portrait the head takes about half of the height.
        side = int(min(cell_width, cell_height) * (0.85 if faces == 1 else random.uniform(0.75, 0.98)))
        x = index % columns * cell_width + int(random.integers(0, cell_width - side + 1))
        y = index // columns * cell_height + int(random.integers(0, cell_height - side + 1))
        paste(picture, person, x, y, side)
    picture += random.normal(0, 4, picture.shape).astype(numpy.float32)
    return numpy.clip(picture, 0, 255).astype(numpy.uint8)


def write_all(folder, output):
    """Writes the pictures as JPEG and returns (name, path) of each."""
    os.makedirs(output, exist_ok=True)
    written = []
    for size, (width, height) in SIZES.items():
        for faces in (1, 20):
            path = os.path.join(output, f"{size}-{faces}.jpg")
            cv2.imwrite(path, compose(folder, width, height, faces), [cv2.IMWRITE_JPEG_QUALITY, 90])
            written.append((f"{size}, {faces} face{'s' if faces > 1 else ''}", path))
    return written
