#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
"""Writes the ONNX project's own operator tests to a folder, for ONNXConformanceTests.

    pip install onnx==1.23.2
    python Tests/Tools/export_onnx_cases.py CASES
    FACEKIT_ONNX_CASES=CASES swift test -c release --filter ONNXConformanceTests

Each case becomes CASES/KIND/NAME/ with model.onnx, case.json (tolerances, operators, why it cannot be exported
where that is so) and, per data set, set_N/input_I.npy and output_I.npy. A bfloat16 array is written as float32 in
input_I.bfloat16.npy. Arrays that numpy files cannot hold (strings, sequences, 4- and 8-bit floats) are left out and
named in case.json.
"""

import json
import pathlib
import sys

import numpy
import onnx
from onnx import numpy_helper
from onnx.backend.test.loader import load_model_tests

KINDS = ["node", "simple", "pytorch-converted", "pytorch-operator"]


LIGHT = pathlib.Path(onnx.__file__).parent / "backend/test/data/light"


def light_data_set(model, path):
    """What the ONNX project's own runner feeds a light model, and the output that is stored beside it."""
    weights = {weight.name for weight in model.graph.initializer}
    inputs = []
    for value in model.graph.input:
        if value.name not in weights:
            shape = [extent.dim_value or 1 for extent in value.type.tensor_type.shape.dim]
            count = int(numpy.prod(shape))
            inputs.append((numpy.arange(count).reshape(shape) / count).astype(numpy.float32))
    stored = path.with_name(path.stem + "_output_0.pb").read_bytes()
    return inputs, [onnx.TensorProto.FromString(stored)]


def data_sets(case):
    """The case's data sets as (inputs, outputs), each a list of arrays, messages or python objects."""
    if case.data_sets is not None:
        yield from case.data_sets
        return
    model = onnx.load(pathlib.Path(case.model_dir) / "model.onnx")
    for folder in sorted(pathlib.Path(case.model_dir).glob("test_data_set_*")):
        sides = []
        for side, infos in (("input", model.graph.input), ("output", model.graph.output)):
            files = sorted(folder.glob(f"{side}_*.pb"), key=lambda file: int(file.stem.split("_")[1]))
            values = []
            for file, info in zip(files, infos):
                if info.type.HasField("tensor_type"):
                    values.append(onnx.TensorProto.FromString(file.read_bytes()))
                else:
                    values.append(None)
            sides.append(values)
        yield tuple(sides)


def array(value):
    """A plain numpy array and whether it stands for bfloat16; raises ValueError with what cannot be written."""
    if isinstance(value, onnx.TensorProto):
        value = numpy_helper.to_array(value)
    if not isinstance(value, (numpy.ndarray, numpy.generic, int, float, bool)):
        raise ValueError("sequence or optional")
    value = numpy.asarray(value)
    if value.dtype.name == "bfloat16":
        return value.astype(numpy.float32), True
    if value.dtype.kind not in "fiub" or value.dtype.name.startswith(("float8", "float4", "int4", "uint4", "int2")):
        raise ValueError(f"type {value.dtype.name}")
    return value, False


def write(case, folder):
    model = case.model if case.model is not None else onnx.load(pathlib.Path(case.model_dir) / "model.onnx")
    write_model(model, data_sets(case), case.rtol, case.atol, folder)


def write_model(model, sets, rtol, atol, folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    notes = {
        "operators": sorted({node.op_type for node in model.graph.node}),
        "rtol": rtol,
        "atol": atol,
        "sets": 0,
    }
    try:
        for number, (inputs, outputs) in enumerate(sets):
            target = folder / f"set_{number}"
            target.mkdir(exist_ok=True)
            for side, values in (("input", inputs), ("output", outputs)):
                for index, value in enumerate(values):
                    plain, is_bfloat16 = array(value)
                    suffix = ".bfloat16.npy" if is_bfloat16 else ".npy"
                    # ascontiguousarray would make a scalar a vector.
                    numpy.save(target / f"{side}_{index}{suffix}", numpy.require(plain, requirements="C").reshape(plain.shape))
            notes["sets"] += 1
    except ValueError as reason:
        notes["reason"] = str(reason)
    (folder / "case.json").write_text(json.dumps(notes, indent=1) + "\n")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    root = pathlib.Path(sys.argv[1])
    count = 0
    for kind in KINDS:
        for case in load_model_tests(kind=kind):
            write(case, root / kind / case.name)
            count += 1
    for path in sorted(LIGHT.glob("*.onnx")):
        model = onnx.load(path)
        # Their outputs come from another runtime; the runner's own tolerance for models is 1e-3.
        write_model(model, [light_data_set(model, path)], 1e-3, 1e-7, root / "light" / path.stem)
        count += 1
    print(f"{count} cases of onnx {onnx.__version__} in {root}")


if __name__ == "__main__":
    main()
