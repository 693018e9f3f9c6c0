#!/usr/bin/env python3
"""The analysis stages in Python: OpenCV for crops, ONNX Runtime on one thread, decoding as the model cards say.

    reference.py FACEKIT MODELS EVALUATION

Boxes and five landmarks come from `FACEKIT detect --json`, so that only crops, networks and decoding are compared.
Prints the tables that `FACEKIT evaluate landmarks|pose|attributes` prints, each beside what that command gives, with
the medians of the time for a face. Written from the model cards, not from FaceKit's code.
"""
import argparse
import csv
import json
import os
import subprocess
import time
from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort

cv2.setNumThreads(1)


class Net:
    def __init__(self, models, name):
        path = next(Path(models).glob(f"*/{name}.onnx"))
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.card = json.loads(path.with_suffix(".json").read_text())
        self.name = self.session.get_inputs()[0].name
        self.outputs = [output.name for output in self.session.get_outputs()]
        self.size = self.card["input"]["width"]

    def __call__(self, crop):
        description = self.card["input"]
        planes = crop.astype(np.float32)
        if description["color"] == "RGB":
            planes = planes[..., ::-1]
        planes = (planes - np.float32(description["mean"])) * np.float32(description["scale"])
        batch = np.ascontiguousarray(planes.transpose(2, 0, 1)[None])
        return dict(zip(self.outputs, self.session.run(None, {self.name: batch})))


def region(image, x, y, width, height, size):
    """A rectangle of the picture, black outside, at size by size pixels."""
    part = np.zeros((height, width, 3), np.uint8)
    a, b, c, d = max(x, 0), max(y, 0), min(x + width, image.shape[1]), min(y + height, image.shape[0])
    if c > a and d > b:
        part[b - y : d - y, a - x : c - x] = image[b:d, a:c]
    shrinks = size <= width and size <= height
    return cv2.resize(part, (size, size), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def square(image, box, scale, size, shift=0.0, mean_side=False):
    x, y, width, height = box
    unit = (width + height) / 2 if mean_side else max(width, height)
    side = max(1, round(unit * scale))
    return region(
        image, round(x + width / 2 - side / 2), round(y + height / 2 + shift * unit - side / 2), side, side, size
    )


def upright_frame(box, landmarks, scale, shift, size):
    """From places in the crop, counted from its outer edge, to the picture."""
    x, y, width, height = box
    unit = max(width, height)
    angle = np.arctan2(landmarks[1][1] - landmarks[0][1], landmarks[1][0] - landmarks[0][0])
    step = unit * scale / size
    c, s = np.cos(angle), np.sin(angle)
    frame = np.array([[c * step, -s * step, 0], [s * step, c * step, 0]])
    center = np.array([x + width / 2 - s * shift * unit, y + height / 2 + c * shift * unit])
    frame[:, 2] = center - frame[:, :2] @ [size / 2, size / 2]
    return frame


def upright(image, frame, size):
    back = frame.copy()
    back[:, 2] += frame[:, :2].sum(1) / 2 - 0.5
    factor = int(np.hypot(frame[0, 0], frame[1, 0]))
    if factor > 1:
        small = cv2.resize(
            image, (max(1, image.shape[1] // factor), max(1, image.shape[0] // factor)), interpolation=cv2.INTER_AREA
        )
        for axis, ratio in ((0, image.shape[1] / small.shape[1]), (1, image.shape[0] / small.shape[0])):
            back[axis] /= ratio
            back[axis, 2] += 0.5 / ratio - 0.5
        image = small
    return cv2.warpAffine(image, back, (size, size), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)


def aligned(image, landmarks, template, size):
    source, wanted = np.array(landmarks, float), np.array(template, float)
    a, b = source - source.mean(0), wanted - wanted.mean(0)
    variance = (a**2).sum()
    c, s = (a * b).sum() / variance, (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / variance
    matrix = np.array([[c, -s, 0], [s, c, 0]])
    matrix[:, 2] = wanted.mean(0) - matrix[:, :2] @ source.mean(0)
    return cv2.warpAffine(image, matrix, (size, size))


ARC = [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
DLIB = [[32 * x, 32 * y] for x, y in ((0.31, 0.34), (0.69, 0.34), (0.5, 0.56), (0.36, 0.72), (0.64, 0.72))]
FROM98 = (
    list(range(0, 33, 2)) + [33, 34, 35, 36, 37, 42, 43, 44, 45, 46] + list(range(51, 60))
    + [60, 61, 63, 64, 65, 67, 68, 69, 71, 72, 73, 75] + list(range(76, 96))
)
FROM468 = [
    162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389, 71, 63, 105, 66, 107, 336, 296,
    334, 293, 301, 168, 197, 5, 4, 75, 97, 2, 326, 305, 33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380, 61,
    39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87,
]


def landmark_stage(net, scale, shift):
    def run(image, box, landmarks):
        frame = upright_frame(box, landmarks, scale, shift, net.size)
        outputs = net(upright(image, frame, net.size))
        if "mesh" in outputs:
            points = outputs["mesh"].reshape(468, 3)[FROM468, :2]
        else:
            points = outputs["landmarks"].reshape(-1, 2) * net.size
            points = points[FROM98] if len(points) == 98 else points
        return points @ frame[:, :2].T + frame[:, 2]

    return run


def softmax(x):
    powers = np.exp(x - x.max())
    return powers / powers.sum()


def pose_stage(nets, crop):
    def one(net, image, box):
        outputs = net(crop(image, box, net.size))
        if len(outputs) == 3 and "yaw" in outputs:
            bins = 3 * np.arange(66) + 1.5 - 99
            return np.array([softmax(outputs[axis][0]) @ bins for axis in ("yaw", "pitch", "roll")])
        if "angle_y_fc" in outputs:
            return np.array(
                [-outputs["angle_y_fc"][0, 0], -outputs["angle_p_fc"][0, 0], outputs["angle_r_fc"][0, 0]]
            )
        if "param" in outputs:
            p = outputs["param"][0, :12].reshape(3, 4)
            r1, r2 = p[0, :3] / np.linalg.norm(p[0, :3]), p[1, :3] / np.linalg.norm(p[1, :3])
            r3 = np.cross(r1, r2)
            return np.degrees([np.arcsin(r3[0]), -np.arctan2(r3[1], r3[2]), -np.arctan2(r2[0], r1[0])])
        return next(iter(outputs.values()))[0]

    return lambda image, box, landmarks: np.mean([one(net, image, box) for net in nets], 0)


def attribute_stages(models):
    """Name to (kind, stage)."""
    tiny, retail = Net(models, "age_gender_tinyxception"), Net(models, "openvino_age_gender_retail_0013")
    insight, dlib = Net(models, "insightface_genderage_v1"), Net(models, "dlib_gender_v1")
    ssr_age, ssr_gender = Net(models, "ssrnet_age_imdb"), Net(models, "ssrnet_gender_imdb")

    def spread(crop):
        return cv2.normalize(crop, None, 0, 255, cv2.NORM_MINMAX)

    def insight_row(i, l):
        return insight(aligned(i, l, ARC, 112))["fc1"][0]

    ages = {
        "age_gender_tinyxception": lambda i, b, l: tiny(square(i, b, 1.1, 112))["age"].item(),
        "insightface_genderage_v1": lambda i, b, l: insight_row(i, l)[2:].reshape(100, 2).argmax(1).sum(),
        "ssrnet_age_imdb": lambda i, b, l: ssr_age(spread(square(i, b, 1.8, 64)))["age"].item(),
        "openvino_age_gender_retail_0013": lambda i, b, l: 100 * retail(square(i, b, 1.0, 62))["age_conv3"].item(),
    }
    genders = {
        "age_gender_tinyxception": lambda i, b, l: tiny(square(i, b, 1.1, 112))["gender"][0, 0] > 0.5,
        "dlib_gender_v1": lambda i, b, l: dlib(aligned(i, l, DLIB, 32))["logits"][0].argmax() == 1,
        "insightface_genderage_v1": lambda i, b, l: insight_row(i, l)[:2].argmax() == 1,
        "openvino_age_gender_retail_0013": lambda i, b, l: retail(square(i, b, 1.0, 62))["prob"].ravel()[1] > 0.5,
        "ssrnet_gender_imdb": lambda i, b, l: ssr_gender(spread(square(i, b, 1.8, 64)))["gender"].item() > 0.5,
    }
    return ages, genders


def main_face(picture):
    faces = picture["faces"]
    if not faces:
        return None
    widest = max(face["box"][2] for face in faces)
    middle = np.array([picture["width"], picture["height"]]) / 2

    def distance(face):
        x, y, width, height = face["box"]
        return np.sum((np.array([x + width / 2, y + height / 2]) - middle) ** 2)

    return min((face for face in faces if face["box"][2] >= widest / 2), key=distance)


def load(facekit, folder, files):
    command = [facekit, "detect", "--json"] + [str(Path(folder) / file) for file in files]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    loaded = []
    for file, picture in zip(files, answer["pictures"]):
        face = main_face(picture)
        if face:
            loaded.append((file, cv2.imread(str(Path(folder) / file)), face["box"], face["landmarks"]))
    return loaded


def measure(stage, faces):
    results, times = [], []
    for _, image, box, landmarks in faces:
        start = time.perf_counter()
        results.append(stage(image, box, landmarks))
        times.append(time.perf_counter() - start)
    return results, 1000 * sorted(times)[len(times) // 2]


def ours(facekit, *arguments):
    command = [facekit, "evaluate", *arguments, "--threads", "1", "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def table(title, heading, rows):
    print(f"\n{title}\n")
    print("| " + " | ".join(heading) + " |")
    print("|" + "|".join([" --- "] + [" ---: "] * (len(heading) - 1)) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |")


def compare_landmarks(arguments):
    folder = f"{arguments.evaluation}/landmarks-dev"
    labels = {file: np.array(points) for file, points in json.load(open(folder + "/landmarks68.json")).items()}
    faces = load(arguments.facekit, folder, sorted(labels))
    stages = {
        "pfld_ghostone_98": (1.1, 0.05), "facemesh_468": (1.4, 0.05), "face_landmark_68": (1.1, 0.1),
        "face_landmark_68_tiny": (1.1, 0.1),
    }
    found = {row["model"]: row for row in ours(arguments.facekit, "landmarks", "--folder", folder)}
    rows = []
    for name, crop in stages.items():
        results, milliseconds = measure(landmark_stage(Net(arguments.models, name), *crop), faces)
        errors = []
        for (file, *_), points in zip(faces, results):
            label = labels[file]
            errors.append(np.linalg.norm(points - label, axis=1) / np.linalg.norm(label[36] - label[45]))
        errors = np.array(errors)
        own = found[name]
        rows.append([
            name, f"{100 * errors.mean():.2f}", f"{100 * own['accuracy']['mean_error']:.2f}",
            f"{100 * errors[:, 17:].mean():.2f}", f"{100 * own['accuracy']['inner_mean_error']:.2f}",
            f"{milliseconds:.2f}", f"{own['milliseconds']:.2f}",
        ])
    table("Landmarks: mean distance in per cent of the outer eye distance, milliseconds for a face",
          ["model", "reference", "FaceKit", "inner, reference", "FaceKit", "ms, reference", "FaceKit"], rows)


def compare_poses(arguments):
    def plain(scale, **more):
        return lambda image, box, size: square(image, box, scale, size, **more)

    nets = {
        "headpose_lightweight_b66": plain(1.2), "fsanet_1x1": plain(1.3), "fsanet_var": plain(1.3),
        "fsanet_var+fsanet_1x1": plain(1.3), "openvino_headpose_adas_0001": plain(1.1),
        "3ddfa_v2_mb05": plain(1.4, shift=0.1, mean_side=True),
    }
    for name, file in (("pose-dev", "labels.csv"), ("landmarks-dev", "pose-approx.csv")):
        folder = f"{arguments.evaluation}/{name}"
        labels = {
            row["file"]: np.array([float(row[axis]) for axis in ("yaw_deg", "pitch_deg", "roll_deg")])
            for row in csv.DictReader(open(f"{folder}/{file}")) if float(row.get("fit_residual") or 0) <= 0.1
        }
        faces = load(arguments.facekit, folder, list(labels))
        found = {row["model"]: row for row in ours(arguments.facekit, "pose", "--labels", f"{folder}/{file}")}
        rows = []
        for model, crop in nets.items():
            stage = pose_stage([Net(arguments.models, part) for part in model.split("+")], crop)
            results, milliseconds = measure(stage, faces)
            errors = np.abs(np.array(results) - [labels[file] for file, *_ in faces]).mean(0)
            own = found[model]
            angles = [own["accuracy"][axis] for axis in ("yaw", "pitch", "roll")]
            rows.append([
                model, " / ".join(f"{error:.2f}" for error in errors), " / ".join(f"{error:.2f}" for error in angles),
                f"{milliseconds:.2f}", f"{own['milliseconds']:.2f}",
            ])
        for model in found:
            if model.startswith("pnp"):
                own = found[model]
                rows.append([
                    model, "", " / ".join(f"{own['accuracy'][axis]:.2f}" for axis in ("yaw", "pitch", "roll")), "",
                    f"{own['milliseconds']:.2f}",
                ])
        table(f"Pose on {name} ({len(faces)} faces): mean absolute errors of yaw / pitch / roll in degrees",
              ["model", "reference", "FaceKit", "ms, reference", "FaceKit"], rows)


def compare_attributes(arguments):
    folder = f"{arguments.evaluation}/attributes-dev"
    labels = {row["file"]: row for row in csv.DictReader(open(folder + "/labels.csv"))}
    faces = load(arguments.facekit, folder, list(labels))
    found = ours(arguments.facekit, "attributes", "--labels", folder + "/labels.csv")
    ages, genders = attribute_stages(arguments.models)
    rows = []
    for name, stage in ages.items():
        results, milliseconds = measure(stage, faces)
        error = np.mean([abs(age - float(labels[file]["age"])) for (file, *_), age in zip(faces, results)])
        own = next(row for row in found["age"] if row["model"] == name)
        rows.append([name, f"{error:.2f}", f"{own['accuracy']['groups'][0]['value']:.2f}", f"{milliseconds:.2f}",
                     f"{own['milliseconds']:.2f}"])
    table(f"Age ({len(faces)} faces): mean absolute error in years",
          ["model", "reference", "FaceKit", "ms, reference", "FaceKit"], rows)
    rows = []
    for name, stage in genders.items():
        results, milliseconds = measure(stage, faces)
        right = np.mean([(labels[file]["gender"] == "male") == male for (file, *_), male in zip(faces, results)])
        own = next(row for row in found["gender"] if row["model"] == name)
        rows.append([name, f"{100 * right:.1f}", f"{100 * own['accuracy']['groups'][0]['value']:.1f}",
                     f"{milliseconds:.2f}", f"{own['milliseconds']:.2f}"])
    table(f"Gender ({len(faces)} faces): per cent right",
          ["model", "reference", "FaceKit", "ms, reference", "FaceKit"], rows)


def compare_sharpness(arguments):
    """The largest relative difference of the variance of the Laplacian on the aligned crops."""
    folder = f"{arguments.evaluation}/attributes-dev"
    files = [row["file"] for row in csv.DictReader(open(folder + "/labels.csv"))]
    command = [arguments.facekit, "analyze", "--attributes", "sharpness", "--json"] + [f"{folder}/{f}" for f in files]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    worst = 0.0
    for file, picture in zip(files, answer["pictures"]):
        image = cv2.imread(f"{folder}/{file}")
        for face in picture["faces"]:
            crop = aligned(image, face["face"]["landmarks"], ARC, 112)
            wanted = cv2.Laplacian(cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY), cv2.CV_64F).var()
            worst = max(worst, abs(face["sharpness"] - wanted) / wanted)
    print(f"\nSharpness of {len(files)} pictures: the largest relative difference from OpenCV is {worst:.1e}")


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("facekit")
parser.add_argument("models")
parser.add_argument("evaluation")
arguments = parser.parse_args()
os.environ["FACEKIT_MODEL_MIRROR"] = arguments.models
compare_landmarks(arguments)
compare_poses(arguments)
compare_attributes(arguments)
compare_sharpness(arguments)
