# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
"""MTCNN with NumPy, OpenCV and ONNX Runtime: the cascade of the facenet project, as FaceKit has it."""

import cv2
import numpy as np

CELL, STRIDE, FACTOR, THRESHOLDS = 12, 2, 0.709, (0.6, 0.7)


def normalized(pictures):
    """[n, 3, height, width] of RGB pictures in -1...1."""
    return np.ascontiguousarray(((np.stack(pictures).astype(np.float32) - 127.5) / 128).transpose(0, 3, 1, 2))


def kept(boxes, scores, threshold, smaller=False):
    """Indices by falling score, without those that overlap a better one."""
    x1, y1, x2, y2 = boxes.T
    area = (x2 - x1 + 1) * (y2 - y1 + 1)
    order, result = scores.argsort()[::-1], []
    while order.size:
        first, rest = order[0], order[1:]
        result.append(first)
        width = np.maximum(0, np.minimum(x2[first], x2[rest]) - np.maximum(x1[first], x1[rest]) + 1)
        height = np.maximum(0, np.minimum(y2[first], y2[rest]) - np.maximum(y1[first], y1[rest]) + 1)
        shared = width * height
        whole = np.minimum(area[first], area[rest]) if smaller else area[first] + area[rest] - shared
        order = rest[shared / whole <= threshold]
    return np.array(result, int)


def regressed(boxes, shifts, more):
    size = np.stack([boxes[:, 2] - boxes[:, 0] + more, boxes[:, 3] - boxes[:, 1] + more], 1)
    return boxes + shifts * np.tile(size, 2)


def squared(boxes):
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    side = np.maximum(width, height)
    left, top = boxes[:, 0] + (width - side) / 2, boxes[:, 1] + (height - side) / 2
    return np.trunc(np.stack([left, top, left + side, top + side], 1))


class MTCNN:
    def __init__(self, session, minimum_size=20, side=640, confidence=0.5):
        self.proposal, self.refinement, self.output = (session(f"detection/mtcnn_{name}") for name in ("pnet", "rnet", "onet"))
        self.minimum_size, self.side, self.confidence = minimum_size, side, confidence

    @staticmethod
    def crops(image, boxes, side):
        height, width = image.shape[:2]
        result = []
        for x1, y1, x2, y2 in boxes.astype(int):
            crop = np.zeros((max(1, y2 - y1 + 1), max(1, x2 - x1 + 1), 3), np.uint8)
            left, top, right, bottom = max(x1 - 1, 0), max(y1 - 1, 0), min(x2, width), min(y2, height)
            if right > left and bottom > top:
                crop[top - y1 + 1:bottom - y1 + 1, left - x1 + 1:right - x1 + 1] = image[top:bottom, left:right]
            result.append(cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA))
        return normalized(result)

    def propose(self, image, minimum):
        height, width = image.shape[:2]
        scale, boxes, scores, shifts = CELL / minimum, [], [], []
        while min(height, width) * scale >= CELL:
            size = int(np.ceil(width * scale)), int(np.ceil(height * scale))
            probability, regression = self.proposal.run(
                ["prob", "reg"], {"input": normalized([cv2.resize(image, size, interpolation=cv2.INTER_AREA)])})
            y, x = np.nonzero(probability[0, 1] >= THRESHOLDS[0])
            if len(x):
                score, shift = probability[0, 1, y, x], regression[0][:, y, x].T
                box = np.trunc(np.stack([
                    (STRIDE * x + 1) / scale, (STRIDE * y + 1) / scale, (STRIDE * x + CELL) / scale,
                    (STRIDE * y + CELL) / scale], 1))
                keep = kept(box, score, 0.5)
                boxes.append(box[keep]), scores.append(score[keep]), shifts.append(shift[keep])
            scale *= FACTOR
        if not boxes:
            return np.zeros((0, 4))
        boxes, scores, shifts = np.concatenate(boxes), np.concatenate(scores), np.concatenate(shifts)
        keep = kept(boxes, scores, 0.7)
        return squared(regressed(boxes[keep], shifts[keep], 0))

    def __call__(self, picture):
        """Boxes, five points and confidences in pixels of a BGR picture."""
        height, width = picture.shape[:2]
        scale = min(1.0, self.side / max(height, width))
        image = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
        if scale < 1:
            image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        nothing = np.zeros((0, 4)), np.zeros((0, 5, 2)), np.zeros(0)
        boxes = self.propose(image, max(CELL, self.minimum_size * scale))
        if not len(boxes):
            return nothing
        probability, shifts = self.refinement.run(["prob", "reg"], {"input": self.crops(image, boxes, 24)})
        sure = probability[:, 1] >= THRESHOLDS[1]
        boxes, scores, shifts = boxes[sure], probability[sure, 1], shifts[sure]
        if not len(boxes):
            return nothing
        keep = kept(boxes, scores, 0.7)
        boxes = squared(regressed(boxes[keep], shifts[keep], 1))
        probability, shifts, points = self.output.run(["prob", "reg", "landmarks"], {"input": self.crops(image, boxes, 48)})
        sure = probability[:, 1] >= self.confidence
        boxes, scores, shifts, points = boxes[sure], probability[sure, 1], shifts[sure], points[sure]
        if not len(boxes):
            return nothing
        size = np.stack([boxes[:, 2] - boxes[:, 0] + 1, boxes[:, 3] - boxes[:, 1] + 1], 1)
        five = np.stack([points[:, :5], points[:, 5:]], 2) * size[:, None] + boxes[:, None, :2] - 1
        boxes = regressed(boxes, shifts, 1)
        keep = kept(boxes, scores, 0.7, smaller=True)
        boxes = boxes[keep]
        boxes = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], 1)
        return boxes / scale, five[keep] / scale, scores[keep]
