# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
"""Which networks are compared, on what input, and how much faster than ONNX Runtime the engine must be."""

import dataclasses
import os
import pathlib
import subprocess
import sys

import numpy as np
import onnx

# Extents of the inputs whose height and width the file leaves open; 640x640 for all others.
SIZES = {"mtcnn_pnet": (288, 384), "tiny_face_detector": (416, 416), "facemask_aizoo": (260, 260)}

# Networks that are compared at several sizes.
FURTHER_SIZES = {"yunet_n": [(320, 320)]}

RANDOM = ["mbf512", "mbf128", "ires50", "ires100", "incres160", "retina025_640", "scrfd_500m", "scrfd_2.5g",
          "scrfd_10g", "pnet_0", "pnet_3", "pnet_6"]

# time(ONNX Runtime) / time(FaceKit) must be at least this on the best level; 1.0 for all others.
GOALS = {"mbf512": 3.0, "mbf128": 3.0, "ires50": 2.4, "ires100": 2.4, "incres160": 1.2, "retina025_640": 1.6,
         "scrfd_2.5g": 2.4, "scrfd_10g": 2.4, "scrfd_500m": 1.3, "pnet_0": 3.0, "pnet_3": 3.0, "pnet_6": 3.0,
         "mtcnn_pnet": 3.0, "retinaface_mnet025": 1.6, "retinaface_mnet025_leaky": 1.6, "yunet_n": 1.05,
         "yunet_s": 1.05, "face_reidentification_retail_0095": 1.2, "edgeface_xs": 1.2}


@dataclasses.dataclass
class Network:
    """A network of one input, of a fixed shape."""

    name: str
    path: pathlib.Path
    input_name: str
    shape: tuple
    open_extents: dict  # the file's names of the extents that it leaves open -> what they are here
    low: float  # the range of the input's numbers
    high: float
    has_random_weights: bool

    @property
    def title(self):
        size = "x".join(map(str, self.shape[1:]))
        return f"{self.name}{' (random)' if self.has_random_weights else ''} {size}"

    @property
    def goal(self):
        return GOALS.get(self.name, 1.0)

    def random_input(self):
        return np.random.default_rng(0).uniform(self.low, self.high, self.shape).astype(np.float32)


def _read(path, size, low, high, has_random_weights):
    graph = onnx.load(str(path), load_external_data=False).graph
    weights = {weight.name for weight in graph.initializer}
    inputs = [value for value in graph.input if value.name not in weights]
    if len(inputs) != 1:
        raise ValueError(f"{path} has {len(inputs)} inputs; networks of one input are compared")
    shape, open_extents = [], {}
    for axis, extent in enumerate(inputs[0].type.tensor_type.shape.dim):
        shape.append(extent.dim_value if extent.HasField("dim_value") else (1, 3, *size)[axis])
        if not extent.HasField("dim_value") and extent.dim_param:
            open_extents[extent.dim_param] = shape[-1]
    return Network(path.stem, path, inputs[0].name, tuple(shape), open_extents, low, high, has_random_weights)


def shared(folder):
    """The networks of the model mirror, on numbers from the range of their golden inputs."""
    for path in sorted(pathlib.Path(folder).glob("*/*.onnx")):
        golden = np.load(path.with_suffix(".golden.npz"))
        values = next(golden[key] for key in golden.files if key.startswith("input"))
        sizes = [SIZES.get(path.stem, (640, 640))] + FURTHER_SIZES.get(path.stem, [])
        for size in sizes:
            yield _read(path, size, float(values.min()), float(values.max()), False)


def with_random_weights(tools, folder, only):
    """Makes the networks with random weights that are not there yet."""
    for name in RANDOM:
        if only and name not in only:
            continue
        path = pathlib.Path(folder) / f"{name}.onnx"
        if not path.exists():
            tool = os.path.join(tools, "make_random_models.py")
            command = [sys.executable, tool, "--output", str(folder), "--only", name]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        yield _read(path, (640, 640), -1.0, 1.0, True)
