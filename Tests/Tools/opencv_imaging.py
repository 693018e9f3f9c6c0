#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
"""Writes what OpenCV makes of two computed pictures, for ImagingOpenCVTests.

    pip install opencv-python-headless==5.0.0.93 numpy
    python Tests/Tools/opencv_imaging.py > Tests/FaceKitTests/Imaging/OpenCVExpectations.swift

The pictures are "smooth" and "rough", of 48x36 pixels, each level computed by whole numbers alone (see levels()). Each
line is a case: the operation, the picture, its numbers, and the result's levels as hexadecimal digits, of every pixel or,
for crops of 112x112, of every fourth pixel of every fourth row. Numbers of maps are of the picture's way into the
result. `measure` gives the variance of the Laplacian of OpenCV's gray in 64-bit floats.
"""

import cv2
import numpy

WIDTH, HEIGHT = 48, 36
# Where eyes, nose and mouth of a turned face may lie.
FACE = [(15.25, 11.125), (29.5, 13.75), (21.0, 20.25), (14.25, 25.5), (25.0, 27.25)]
ARCFACE = [(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)]
# Five points as the mtcnn demo places them in 96x112 pixels; its square crop adds 8 to every x.
MTCNN = [(30.2946, 51.6963), (65.5318, 51.5014), (48.0252, 71.7366), (33.5493, 92.3655), (62.7299, 92.2041)]


def levels(kind):
    y, x, c = numpy.mgrid[:HEIGHT, :WIDTH, :3]
    if kind == "smooth":
        return ((x * (c + 4) + y * (7 - c) + x * y * (c + 1) // 24) // 2 % 512).astype(numpy.int64)
    return (x * x * 7 + y * y * 13 + x * y * 5 + c * 83 + x * 31 % 17 * y) % 256


def picture(kind):
    value = levels(kind)
    # Up and down again instead of a step from 255 to 0.
    return numpy.where(value > 255, 511 - value, value).astype(numpy.uint8)


def line(*parts, result):
    words = [str(part) for part in parts]
    print("    " + " ".join(words) + " " + result.astype(numpy.uint8).tobytes().hex())


def numbers(matrix):
    return ",".join(repr(float(value)) for value in numpy.asarray(matrix).ravel())


def umeyama(source, target):
    source, target = numpy.array(source), numpy.array(target)
    a, b = source - source.mean(0), target - target.mean(0)
    u, s, vt = numpy.linalg.svd(b.T @ a / len(a))
    d = numpy.array([1, numpy.sign(numpy.linalg.det(u) * numpy.linalg.det(vt))])
    rotation = u @ numpy.diag(d) @ vt
    scale = (s * d).sum() / ((a ** 2).sum() / len(a))
    return numpy.hstack([scale * rotation, (target.mean(0) - scale * rotation @ source.mean(0))[:, None]])


def affine(source, target):
    columns = numpy.hstack([numpy.array(source), numpy.ones((len(source), 1))])
    return numpy.linalg.lstsq(columns, numpy.array(target), rcond=None)[0].T


def main():
    print("// SPDX-License-Identifier: Apache-2.0\n// Part of FaceKit.\n//")
    print("// Written by Tests/Tools/opencv_imaging.py, which says what the lines mean.\n")
    print("// swift-format-ignore-file\n")
    print('let openCVExpectations = """')
    methods = {"area": cv2.INTER_AREA, "bilinear": cv2.INTER_LINEAR, "bicubic": cv2.INTER_CUBIC}
    for kind in ("smooth", "rough"):
        rgb = picture(kind)
        for method, flag in methods.items():
            for size in ((24, 18), (16, 12), (19, 15), (7, 25), (60, 16)):
                line("resize", kind, method, *size, result=cv2.resize(rgb, size, interpolation=flag))
        gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
        line("gray", kind, result=gray)
        print("    measure", kind, repr(float(cv2.Laplacian(gray, cv2.CV_64F).var())))
    # Maps only of the smooth picture: OpenCV rounds places to 1/32 of a pixel, which shows where levels jump.
    rgb = picture("smooth")
    for matrix in ([[1.25, 0.4, -10], [-0.35, 1.1, 6.25]], [[0.5, -0.2, 10.25], [0.3, 0.6, 2]]):
        result = cv2.warpAffine(rgb, numpy.array(matrix), (40, 30), flags=cv2.INTER_LINEAR)
        line("affine", "smooth", 40, 30, numbers(matrix), result=result)
    corners = numpy.float32([(4, 3), (40, 6), (44, 33), (2, 29)])
    for target in ([(0, 0), (39, 0), (39, 29), (0, 29)], [(7, 3), (33, 0), (39, 27), (0, 20)]):
        matrix = cv2.getPerspectiveTransform(corners, numpy.float32(target))
        result = cv2.warpPerspective(rgb, matrix, (40, 30), flags=cv2.INTER_LINEAR)
        line("perspective", "smooth", 40, 30, numbers(matrix), result=result)
    for name, template in (("arcface", ARCFACE), ("mtcnn", [(x + 8, y) for x, y in MTCNN])):
        for transform, fit in (("similarity", umeyama), ("affine", affine)):
            crop = cv2.warpAffine(rgb, fit(FACE, template), (112, 112), flags=cv2.INTER_LINEAR)
            line("align", "smooth", name, transform, result=crop[::4, ::4])
    print('    """')


main()
