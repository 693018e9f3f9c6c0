#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
"""Runs networks of published architectures with random weights through facekit, by their cards, beside ONNX Runtime.

    pip install numpy onnx onnxruntime opencv-python-headless
    python Tests/Tools/architectures.py --facekit .build/release/facekit --tools ../shared/tools \
        --models ../shared/models --pictures ../shared/eval/lfw-dev/images

Weights that may not be had here are replaced by random ones of the same shapes: IResNet-50 (ArcFace), the MobileNet of
OpenCV's SFace, Inception-ResNet-v1 (FaceNet), RetinaFace with ResNet-50 in the form of Pytorch_Retinaface with both sets
of anchors, and RetinaFace in InsightFace's form of nine outputs. Each gets a card; `facekit embed` and `facekit detect`
run it on real portraits, and this program computes the same with OpenCV and ONNX Runtime, from the card's words alone.
Fails when a cosine is below 0.9999 or a box or landmark more than 0.1 pixels away.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile

import cv2
import numpy
import onnx
import onnxruntime

ARCFACE = [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
ORDER = ["image-left eye", "image-right eye", "nose tip", "image-left mouth corner", "image-right mouth corner"]


def relu(g, x):
    return g.op("Relu", [x])


def sface(make):
    """MobileNet v1 with PReLU and a fully connected layer at its end; the pixel's scaling is inside."""
    g = make.G("sface", 3, 112, 112)
    x = g.op("Mul", [g.op("Sub", ["x", g.w([127.5])]), g.w([0.0078125])])
    x, channels = g.prelu(g.conv(x, 3, 32, 3), 32), 32
    for outputs, stride in [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)] + [(512, 1)] * 5 + [
            (1024, 2), (1024, 1)]:
        x = g.prelu(g.bn(g.conv(x, channels, channels, 3, stride, g=channels, b=False), channels), channels)
        x = g.prelu(g.bn(g.conv(x, channels, outputs, 1, b=False), outputs), outputs)
        channels = outputs
    x = g.op("Flatten", [g.bn(x, channels)], axis=1)
    g.save([g.fc(x, channels * 49, 128)])


def resnet50(g):
    """The body: features of 512, 1024 and 2048 channels at the strides 8, 16 and 32."""
    x = relu(g, g.conv("x", 3, 64, 7, 2))
    x = g.op("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    channels, features = 64, []
    for stage, (blocks, width) in enumerate([(3, 64), (4, 128), (6, 256), (3, 512)]):
        for block in range(blocks):
            stride = 2 if block == 0 and stage > 0 else 1
            y = relu(g, g.conv(x, channels, width, 1))
            y = relu(g, g.conv(y, width, width, 3, stride))
            y = g.conv(y, width, 4 * width, 1, gain=0.3)
            shortcut = x if block else g.conv(x, channels, 4 * width, 1, stride, 0)
            x, channels = relu(g, g.op("Add", [y, shortcut])), 4 * width
        if stage > 0:
            features.append((x, channels))
    return features


def upsampled(g, x, onto):
    sizes = g.op("Shape", [onto])
    scaled = g.op(
        "Resize", [x, "", "", g.op("Concat", [g.op("Slice", [g.op("Shape", [x]), g.wi([0]), g.wi([2])]),
                                               g.op("Slice", [sizes, g.wi([2]), g.wi([4])])], axis=0)],
        mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    return g.op("Add", [scaled, onto])


def heads(g, features, width):
    """FPN and SSH: one map of `width` channels at each stride."""
    lateral = [relu(g, g.conv(x, channels, width, 1)) for x, channels in features]
    middle = relu(g, g.conv(upsampled(g, lateral[2], lateral[1]), width, width, 3))
    fine = relu(g, g.conv(upsampled(g, middle, lateral[0]), width, width, 3))
    maps = []
    for x in (fine, middle, lateral[2]):
        a = g.conv(x, width, width // 2, 3)
        b = relu(g, g.conv(x, width, width // 4, 3))
        c = g.conv(relu(g, g.conv(b, width // 4, width // 4, 3)), width // 4, width // 4, 3)
        maps.append(relu(g, g.op("Concat", [a, g.conv(b, width // 4, width // 4, 3), c], axis=1)))
    return maps


def retinaface_r50(make):
    """Pytorch_Retinaface: one output each of boxes, class probabilities and landmarks."""
    g = make.G("retinaface_r50", 3, 640, 640)
    outputs = {4: [], 2: [], 10: []}
    for x in heads(g, resnet50(g), 256):
        for numbers, found in outputs.items():
            y = g.conv(x, 256, 2 * numbers, 1, gain=0.001 if numbers != 2 else 0.002)
            found.append(g.op("Reshape", [g.op("Transpose", [y], perm=[0, 2, 3, 1]), g.wi([1, -1, numbers])]))
    joined = {numbers: g.op("Concat", found, axis=1) for numbers, found in outputs.items()}
    g.save([joined[4], g.op("Softmax", [joined[2]], axis=-1), joined[10]])


def retinaface_insightface(make):
    """InsightFace's own form: three outputs at each stride, channels first, coarse strides first."""
    g = make.G("retinaface_insightface", 3, 640, 640)
    x, channels, features = relu(g, g.conv("x", 3, 8, 3, 2)), 8, []
    for index, (outputs, stride) in enumerate([(16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2)] + [(128, 1)] * 5
                                              + [(256, 2), (256, 1)]):
        x = relu(g, g.conv(x, channels, channels, 3, stride, g=channels))
        x, channels = relu(g, g.conv(x, channels, outputs, 1)), outputs
        if index in (4, 10, 12):
            features.append((x, channels))
    saved = []
    for x in reversed(heads(g, features, 64)):
        y = g.conv(x, 64, 4, 1, gain=0.02)
        shape = g.op("Shape", [y])
        pairs = g.op("Softmax", [g.op("Reshape", [y, g.wi([1, 2, -1])])], axis=1)
        saved.append(g.op("Reshape", [pairs, shape]))
        saved += [g.conv(x, 64, numbers, 1, gain=0.004) for numbers in (8, 20)]
    g.save(saved)


def finish(folder, name, card, make, dynamic):
    """Opens the extents that may differ, and writes the card."""
    path = os.path.join(folder, f"{name}.onnx")
    model = onnx.load(path)
    for axis in dynamic:
        extent = model.graph.input[0].type.tensor_type.shape.dim[axis]
        extent.ClearField("dim_value")
        extent.dim_param = f"axis{axis}"
    del model.graph.value_info[:]
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    onnx.save(model, path)
    with open(path, "rb") as file:
        data = file.read()
    card |= {"name": name, "file": f"{name}.onnx", "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data),
             "license": "none: random weights"}
    with open(os.path.join(folder, f"{name}.json"), "w") as file:
        json.dump(card, file)
    return card


def embedder_card(side, color, mean, scale, alignment):
    return {"task": "embedding", "metric": "cosine", "alignment": alignment, "output": {"name": "y"},
            "input": {"width": side, "height": side, "color": color, "mean": mean, "scale": scale}}


def five_points(side):
    template = (numpy.array(ARCFACE) * side / 112).tolist()
    return {"type": "similarity5", "template": template, "template_size": [side, side], "landmark_order": ORDER}


def session(folder, name):
    return onnxruntime.InferenceSession(os.path.join(folder, f"{name}.onnx"), providers=["CPUExecutionProvider"])


def tensor(pictures, card):
    """RGB pictures as the card wants them."""
    batch = numpy.stack(pictures)
    if card["input"]["color"] == "BGR":
        batch = batch[..., ::-1]
    scaled = (batch.astype(numpy.float32) - numpy.float32(card["input"]["mean"])) * numpy.float32(card["input"]["scale"])
    return numpy.ascontiguousarray(scaled.transpose(0, 3, 1, 2), numpy.float32)


def similarity(source, target):
    a, b = source - source.mean(0), target - target.mean(0)
    variance = (a ** 2).sum()
    c, s = (a * b).sum() / variance, (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / variance
    rotation = numpy.array([[c, -s], [s, c]])
    return numpy.hstack([rotation, (target.mean(0) - rotation @ source.mean(0))[:, None]])


def crop(picture, face, card):
    side, alignment = card["input"]["width"], card["alignment"]
    if alignment["type"] != "box":
        points = numpy.array(face["landmarks"], float)
        return cv2.warpAffine(picture, similarity(points, numpy.array(alignment["template"])), (side, side))
    # As facenet's align_dataset_mtcnn: the box with a margin, limited to the picture, brought to the crop's size.
    x, y, width, height = face["box"]
    margin = alignment["margin"] / (side - alignment["margin"]) / 2
    left, top = max(x - width * margin, 0), max(y - height * margin, 0)
    right, bottom = min(x + width + width * margin, picture.shape[1]), min(y + height + height * margin, picture.shape[0])
    part = picture[int(top):int(bottom), int(left):int(right)]
    grows = part.shape[0] < side or part.shape[1] < side
    return cv2.resize(part, (side, side), interpolation=cv2.INTER_LINEAR if grows else cv2.INTER_AREA)


def facekit(options, folder, *arguments):
    environment = dict(os.environ, FACEKIT_MODELS=folder, FACEKIT_MODEL_MIRROR=options.models)
    run = subprocess.run([options.facekit, *arguments, "--json"], env=environment, capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"facekit {' '.join(arguments)}: {run.stderr}")
    return json.loads(run.stdout)


def check_embedder(options, folder, card, files):
    answer = facekit(options, folder, "embed", *files, "--embedder", card["name"])
    network, worst = session(folder, card["name"]), 1.0
    for picture in answer["pictures"]:
        rgb = cv2.imread(picture["file"])[..., ::-1]
        crops = [crop(rgb, face, card) for face in picture["faces"]]
        theirs = network.run(None, {network.get_inputs()[0].name: tensor(crops, card)})[0]
        for face, vector in zip(picture["faces"], theirs):
            worst = min(worst, float(numpy.dot(face["embedding"], vector / numpy.linalg.norm(vector))))
    faces = sum(len(picture["faces"]) for picture in answer["pictures"])
    print(f"{card['name']:24} {faces} faces of {len(files)} pictures, least cosine {worst:.6f}")
    return worst > 0.9999


def decode_pytorch(outputs, sizes, side, confidence):
    boxes, scores, landmarks = [], [], []
    loc, conf, points = (value[0] for value in outputs)
    row = 0
    for stride, pair in zip((8, 16, 32), sizes):
        for y in range(side // stride):
            for x in range(side // stride):
                for size in pair:
                    center = numpy.array([(x + 0.5) * stride, (y + 0.5) * stride])
                    if conf[row, 1] >= confidence:
                        middle, extent = center + loc[row, :2] * 0.1 * size, size * numpy.exp(0.2 * loc[row, 2:])
                        boxes.append([*(middle - extent / 2), *extent])
                        scores.append(conf[row, 1])
                        landmarks.append(center + points[row].reshape(5, 2) * 0.1 * size)
                    row += 1
    return boxes, scores, landmarks


def decode_insightface(outputs, side, confidence):
    """As insightface's retinaface.py: anchors and boxes in whole pixels with both ends."""
    boxes, scores, landmarks = [], [], []
    for level, (stride, scales) in enumerate(((32, (32, 16)), (16, (8, 4)), (8, (2, 1)))):
        conf, loc, points = (value[0] for value in outputs[3 * level:3 * level + 3])
        for anchor, scale in enumerate(scales):
            size = 16 * scale
            left = 7.5 - 0.5 * (size - 1)
            for y in range(side // stride):
                for x in range(side // stride):
                    score = conf[2 + anchor, y, x]
                    if score < confidence:
                        continue
                    center = numpy.array([x * stride + left, y * stride + left]) + 0.5 * (size - 1)
                    delta = loc[4 * anchor:4 * anchor + 4, y, x]
                    extent = numpy.exp(delta[2:]) * size
                    corner = delta[:2] * size + center - 0.5 * (extent - 1)
                    boxes.append([*corner, *(extent - 1)])
                    scores.append(score)
                    offsets = points[10 * anchor:10 * anchor + 10, y, x].reshape(5, 2)
                    landmarks.append(offsets * size + center)
    return boxes, scores, landmarks


def overlap(one, other):
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    shared = max(width, 0) * max(height, 0)
    return shared / (one[2] * one[3] + other[2] * other[3] - shared)


def check_detector(options, folder, card, files, decode):
    side, confidence, worst, count = 256, 0.0, 0.0, 0
    network = session(folder, card["name"])
    for file in files:
        picture = cv2.imread(file)[..., ::-1]
        padded = numpy.zeros((side, side, 3), numpy.uint8)
        padded[:picture.shape[0], :picture.shape[1]] = picture
        outputs = network.run(None, {network.get_inputs()[0].name: tensor([padded], card)})
        boxes, scores, landmarks = decode(outputs, side, confidence)
        kept = []
        for index in numpy.argsort(-numpy.array(scores), kind="stable"):
            if all(overlap(boxes[index], boxes[other]) <= 0.4 for other in kept):
                kept.append(index)
        kept = kept[:10]
        answer = facekit(options, folder, "detect", file, "--detector", "retinaface", "--model", card["name"],
                         "--confidence", str(confidence), "--maximum-faces", "10")
        faces = answer["pictures"][0]["faces"]
        if len(faces) != len(kept):
            print(f"{card['name']}: {len(faces)} faces, wanted {len(kept)}")
            return False
        for face, index in zip(faces, kept):
            worst = max(worst, numpy.abs(numpy.array(face["box"]) - boxes[index]).max(),
                        numpy.abs(numpy.array(face["landmarks"]) - landmarks[index]).max())
        count += len(faces)
    print(f"{card['name']:24} {count} faces of {len(files)} pictures, largest difference {worst:.4f} pixels")
    return worst < 0.1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("facekit", "tools", "models", "pictures"):
        parser.add_argument(f"--{name}", required=True)
    options = parser.parse_args()
    sys.path.insert(0, options.tools)
    import make_random_models as make

    people = sorted(os.listdir(options.pictures))[::150][:6]
    folders = [os.path.join(options.pictures, person) for person in people]
    files = [os.path.join(folder, sorted(os.listdir(folder))[0]) for folder in folders]
    passed = []
    with tempfile.TemporaryDirectory() as folder:
        make.OUT = folder
        make.rng = numpy.random.default_rng(0)
        make.iresnet("arcface_r50", (3, 4, 14, 3))
        make.incres("facenet")
        sface(make)
        retinaface_r50(make)
        retinaface_insightface(make)
        embedders = [
            finish(folder, "arcface_r50", embedder_card(112, "RGB", 127.5, 1 / 127.5, five_points(112)), make, [0]),
            finish(folder, "sface", embedder_card(112, "RGB", 0, 1, five_points(112)), make, [0]),
            # Fixed image standardisation, and the box with a margin.
            finish(folder, "facenet", embedder_card(160, "RGB", 127.5, 1 / 128, {"type": "box", "margin": 32}), make, [0]),
        ]
        for card in embedders:
            passed.append(check_embedder(options, folder, card, files))
        raw = {"color": "BGR", "mean": [104, 117, 123], "scale": 1, "width": "dynamic", "height": "dynamic"}
        for sizes in ([[16, 32], [64, 128], [256, 512]], [[10, 20], [32, 64], [128, 256]]):
            card = {"task": "face detection with 5 landmarks", "input": raw, "outputs": [],
                    "decode": f"strides [8, 16, 32], min_sizes {json.dumps(sizes)}"}
            card = finish(folder, "retinaface_r50", card, make, [2, 3])
            passed.append(check_detector(options, folder, card, files, lambda outputs, side, confidence, sizes=sizes:
                                         decode_pytorch(outputs, sizes, side, confidence)))
        card = {"task": "face detection with 5 landmarks", "outputs": [], "input": dict(raw, color="RGB", mean=0)}
        card = finish(folder, "retinaface_insightface", card, make, [2, 3])
        passed.append(check_detector(options, folder, card, files, decode_insightface))
    sys.exit(0 if all(passed) else "something differs")


if __name__ == "__main__":
    main()
