# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
"""FaceKit's default pipeline as it is written in Python: OpenCV for pictures, ONNX Runtime for networks.

    python peer.py MODELS A.jpg B.jpg        # one comparison, as facekit compare makes it

The steps and the model files are those of FaceKit: decode, scale the longer side down to 1280, YuNet-n with confidence
0.6 and overlap 0.3, align by five points, embed all faces of the picture in one run.
"""

import json
import os
import sys
import time

import cv2
import numpy
import onnxruntime

MAXIMUM_SIDE, CONFIDENCE, OVERLAP = 1280, 0.6, 0.3


def similarity_transform(source, target):
    """The least-squares similarity (Umeyama 1991), 2x3."""
    from_mean, to_mean = source.mean(0), target.mean(0)
    from_points, to_points = source - from_mean, target - to_mean
    variance = (from_points ** 2).sum()
    a = (from_points * to_points).sum() / variance
    b = (from_points[:, 0] * to_points[:, 1] - from_points[:, 1] * to_points[:, 0]).sum() / variance
    rotation = numpy.array([[a, -b], [b, a]])
    return numpy.hstack([rotation, (to_mean - rotation @ from_mean)[:, None]])


class Peer:
    """A loaded pipeline."""

    def __init__(self, models, threads, reduces=False, detector="ort"):
        cv2.setNumThreads(threads)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads

        def session(path):
            return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

        with open(f"{models}/recognition/face_reidentification_retail_0095.json") as file:
            card = json.load(file)
        self.reduces = reduces
        self.yunet = None
        if detector == "opencv":
            self.yunet = cv2.FaceDetectorYN.create(
                f"{models}/detection/yunet_n_dynamic_upstream.onnx", "", (320, 320), CONFIDENCE, OVERLAP, 5000)
        else:
            self.detector = session(f"{models}/detection/yunet_n.onnx")
            self.outputs = [f"{kind}_{stride}" for stride in (8, 16, 32) for kind in ("cls", "obj", "bbox", "kps")]
        self.embedder = session(f"{models}/recognition/{card['file']}")
        self.input = card["input"]
        self.template = numpy.array(card["alignment"]["template"], float)
        self.size = (self.input["width"], self.input["height"])
        self.grids = {}

    def decode(self, data):
        """The picture, and by how much its sides were divided."""
        if self.reduces:
            # The size is read from a decoding at 1/8: OpenCV tells it in no other way.
            small = cv2.imdecode(data, cv2.IMREAD_REDUCED_COLOR_8)
            if max(small.shape[:2]) * 8 >= 2 * MAXIMUM_SIDE:
                return cv2.imdecode(data, cv2.IMREAD_REDUCED_COLOR_2), 2
        return cv2.imdecode(data, cv2.IMREAD_COLOR), 1

    def detect(self, picture):
        height, width = picture.shape[:2]
        scale = min(1, MAXIMUM_SIDE / max(width, height))
        small = picture
        if scale < 1:
            small = cv2.resize(picture, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
        rows, columns = small.shape[:2]
        if self.yunet is not None:
            self.yunet.setInputSize((columns, rows))
            faces = self.yunet.detect(small)[1]
            points = numpy.zeros((0, 10)) if faces is None else faces[:, 4:14]
            return points.reshape(-1, 5, 2) * [width / columns, height / rows]
        padded = numpy.zeros((-rows % 32 + rows, -columns % 32 + columns, 3), numpy.uint8)
        padded[:rows, :columns] = small
        blob = cv2.dnn.blobFromImage(padded)
        results = self.detector.run(self.outputs, {self.detector.get_inputs()[0].name: blob})
        boxes, confidences, landmarks = [], [], []
        for index, stride in enumerate((8, 16, 32)):
            cls, obj, box, points = (value[0] for value in results[4 * index:4 * index + 4])
            confidence = numpy.sqrt(cls.clip(0, 1) * obj.clip(0, 1))[:, 0]
            kept = numpy.flatnonzero(confidence >= CONFIDENCE)
            if not len(kept):
                continue
            across = padded.shape[1] // stride
            cell = numpy.stack([kept % across, kept // across], 1)
            size = numpy.exp(box[kept, 2:]) * stride
            boxes.append(numpy.hstack([(cell + box[kept, :2]) * stride - size / 2, size]))
            confidences.append(confidence[kept])
            landmarks.append((points[kept].reshape(-1, 5, 2) + cell[:, None]) * stride)
        if not boxes:
            return numpy.zeros((0, 5, 2))
        boxes, confidences = numpy.vstack(boxes), numpy.hstack(confidences)
        kept = cv2.dnn.NMSBoxes(boxes.tolist(), confidences.tolist(), CONFIDENCE, OVERLAP)
        return numpy.vstack(landmarks)[kept] * [width / columns, height / rows]

    def align(self, picture, faces):
        return [
            cv2.warpAffine(picture, similarity_transform(points, self.template), self.size, flags=cv2.INTER_LINEAR)
            for points in faces
        ]

    def embed(self, crops):
        if not crops:
            return numpy.zeros((0, 256), numpy.float32)
        blob = numpy.stack(crops)
        if self.input["color"] == "RGB":
            blob = blob[..., ::-1]
        mean = numpy.array(self.input["mean"], numpy.float32)
        scale = numpy.array(self.input["scale"], numpy.float32)
        blob = numpy.ascontiguousarray(((blob.astype(numpy.float32) - mean) * scale).transpose(0, 3, 1, 2))
        vectors = self.embedder.run(None, {self.embedder.get_inputs()[0].name: blob})[0]
        return vectors / numpy.linalg.norm(vectors, axis=1, keepdims=True)

    def run(self, data):
        """Embeddings, and the milliseconds of each stage."""
        moments = [time.perf_counter()]
        picture, _ = self.decode(data)
        moments.append(time.perf_counter())
        faces = self.detect(picture)
        moments.append(time.perf_counter())
        crops = self.align(picture, faces)
        moments.append(time.perf_counter())
        vectors = self.embed(crops)
        moments.append(time.perf_counter())
        spent = [1000 * (end - start) for start, end in zip(moments, moments[1:])]
        return vectors, dict(zip(("decode", "detect", "align", "embed"), spent))


def main():
    models, *files = sys.argv[1:]
    peer = Peer(models, int(os.environ.get("PEER_THREADS", "1")))
    vectors = [peer.run(numpy.fromfile(file, numpy.uint8))[0] for file in files]
    if any(not len(found) for found in vectors):
        sys.exit("no face")
    print(f"similarity {float(vectors[0][0] @ vectors[1][0]):.4f}")


if __name__ == "__main__":
    main()
