#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
"""A face server as one would write it in Python: Flask, OpenCV, ONNX Runtime, the same networks as FaceKit's default.

    peer.py MODELS PORT PROCESSES

POST /v1/detect and /v1/search take a form with `picture` and answer like FaceKit's: YuNet on at most 1280 pixels. POST
/api/v1/detection/detect and /recognition/recognize take a form with `file` and answer like CompreFace: MTCNN on at most 640
pixels. POST /enroll adds a face. MODELS is a folder of models as FaceKit reads them.
"""

import json
import os
import sys

import cv2
import numpy as np
import onnxruntime
from flask import Flask, request

from mtcnn import MTCNN

models, port, processes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = max(1, len(os.sched_getaffinity(0)) // processes)
cv2.setNumThreads(options.intra_op_num_threads)
detector = embedder = cascade = None
gallery = []
STRIDES, SIDE = (8, 16, 32), 1280
TEMPLATE = np.float32([[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]])


def load():
    global detector, embedder, cascade

    def session(name):
        return onnxruntime.InferenceSession(f"{models}/{name}.onnx", options)

    detector, embedder = session("detection/yunet_n"), session("recognition/face_reidentification_retail_0095")
    cascade = MTCNN(session)


def detect(image):
    height, width = image.shape[:2]
    scale = min(1.0, SIDE / max(height, width))
    if scale < 1:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    h, w = image.shape[:2]
    padded = np.zeros(((h + 31) // 32 * 32, (w + 31) // 32 * 32, 3), np.float32)
    padded[:h, :w] = image
    names = [output.name for output in detector.get_outputs()]
    outputs = dict(zip(names, detector.run(None, {detector.get_inputs()[0].name: padded.transpose(2, 0, 1)[None]})))
    boxes, points, scores = [], [], []
    for stride in STRIDES:
        score = np.sqrt(np.clip(outputs[f"cls_{stride}"][0, :, 0], 0, 1) * np.clip(outputs[f"obj_{stride}"][0, :, 0], 0, 1))
        keep = np.flatnonzero(score >= 0.6)
        columns = padded.shape[1] // stride
        x, y = keep % columns, keep // columns
        box, point = outputs[f"bbox_{stride}"][0][keep], outputs[f"kps_{stride}"][0][keep].reshape(-1, 5, 2)
        size = np.exp(box[:, 2:]) * stride
        centre = (box[:, :2] + np.stack([x, y], 1)) * stride
        boxes.append(np.concatenate([centre - size / 2, size], 1))
        points.append((point + np.stack([x, y], 1)[:, None]) * stride)
        scores.append(score[keep])
    boxes, points, scores = np.concatenate(boxes), np.concatenate(points), np.concatenate(scores)
    kept = cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), 0.6, 0.3)
    kept = np.array(kept).reshape(-1).astype(int)
    return boxes[kept] / scale, points[kept] / scale, scores[kept]


def embed(image, points):
    template = TEMPLATE * (128 / 112)
    crops = []
    for five in points:
        matrix, _ = cv2.estimateAffinePartial2D(five.astype(np.float32), template, method=cv2.LMEDS)
        crops.append(cv2.warpAffine(image, matrix, (128, 128)).astype(np.float32).transpose(2, 0, 1))
    vectors = embedder.run(None, {embedder.get_inputs()[0].name: np.stack(crops)})[0].reshape(len(crops), -1)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


app = Flask(__name__)


def picture(field="picture"):
    return cv2.imdecode(np.frombuffer(request.files[field].read(), np.uint8), cv2.IMREAD_COLOR)


def compreface(image, recognizes):
    boxes, points, scores = cascade(image)
    order = [index for index in np.argsort(-boxes[:, 2] * boxes[:, 3]) if scores[index] > 0.85]
    similarities = embed(image, points[order]) @ np.stack(gallery).T if recognizes and order else None
    result = []
    for row, index in enumerate(order):
        x, y, width, height = boxes[index]
        face = {"box": {"probability": round(float(scores[index]), 5), "x_max": round(x + width), "y_max": round(y + height),
                        "x_min": round(x), "y_min": round(y)}}
        if recognizes:
            best = int(similarities[row].argmax())
            distance = np.sqrt(max(0, 2 - 2 * float(similarities[row, best])))
            face["subjects"] = [{"subject": f"s{best}", "similarity": round((np.tanh((1.15 - distance) * 6) + 1) / 2, 5)}]
        result.append(face)
    return app.response_class(json.dumps({"result": result}), mimetype="application/json")


@app.post("/api/v1/detection/detect")
def compreface_detect():
    return compreface(picture("file"), False)


@app.post("/api/v1/recognition/recognize")
def compreface_recognize():
    return compreface(picture("file"), True)


@app.post("/v1/detect")
def detect_faces():
    boxes, points, scores = detect(picture())
    return app.response_class(json.dumps({"faces": [
        {"box": box.tolist(), "confidence": float(score), "landmarks": five.tolist()}
        for box, five, score in zip(boxes, points, scores)]}), mimetype="application/json")


@app.post("/enroll")
def enroll():
    image = picture()
    _, points, _ = detect(image)
    gallery.append(embed(image, points[:1])[0])
    return {"faces": len(gallery)}


@app.post("/v1/search")
def search():
    image = picture()
    boxes, points, scores = detect(image)
    similarities = embed(image, points) @ np.stack(gallery).T if len(boxes) and gallery else np.zeros((len(boxes), 1))
    return app.response_class(json.dumps({"faces": [
        {"box": box.tolist(), "confidence": float(score), "best": int(row.argmax()), "similarity": float(row.max())}
        for box, score, row in zip(boxes, scores, similarities)]}), mimetype="application/json")


if __name__ == "__main__":
    import logging

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    if processes > 1:
        import socket

        from werkzeug.serving import make_server

        listening = socket.create_server(("127.0.0.1", port), backlog=128)
        for _ in range(processes - 1):
            if os.fork() == 0:
                break
        load()
        make_server("127.0.0.1", port, app, threaded=True, fd=listening.fileno()).serve_forever()
    else:
        load()
        app.run("127.0.0.1", port, threaded=True)
