# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
"""Writes networks of one or a few OpenVINO layers with an input and what OpenVINO computes for it.

    python3 openvino_layers.py FOLDER

Makes NAME.xml, NAME.bin and NAME.npz for each; the tests read them from the folder in FACEKIT_OPENVINO_CASES.
Needs numpy and openvino.
"""
import sys

import numpy as np
import openvino
from openvino import opset1, opset8 as ops
from openvino.utils.node_factory import NodeFactory

SHAPE = (1, 4, 6, 8)
random = np.random.default_rng(1)
cases = {}


def case(name, make, shape=SHAPE):
    x = ops.parameter(list(shape), np.float32, name="x")
    made = make(x)
    cases[name] = (x, made if isinstance(made, list) else [made], shape)


def floats(*shape):
    return ops.constant(random.uniform(-1, 1, shape).astype(np.float32))


def scalar(value):
    return ops.constant(np.float32(value))


def integers(*values):
    return ops.constant(np.array(values, np.int64))


def integer(value):
    return ops.constant(np.int64(value))


def convolutions():
    one = [1, 1]
    case("convolution_same", lambda x: ops.convolution(x, floats(3, 4, 3, 3), [2, 2], [0, 0], [0, 0], one, "same_upper"))
    case("group_convolution", lambda x: ops.group_convolution(x, floats(2, 3, 2, 3, 3), one, one, one, one))
    case("backprop", lambda x: ops.convolution_backprop_data(
        x, floats(4, 3, 3, 3), [2, 2], pads_begin=one, pads_end=one, dilations=one, output_padding=one))
    case("group_backprop", lambda x: ops.group_convolution_backprop_data(
        x, floats(2, 2, 3, 4, 4), [2, 2], pads_begin=one, pads_end=one, dilations=one))
    case("average_ceiling", lambda x: ops.avg_pool(x, [2, 2], one, one, [3, 3], False, "ceil"))
    case("average_excluding", lambda x: ops.avg_pool(x, [2, 2], one, one, [3, 3], True, "floor"))
    case("maximum_ceiling", lambda x: ops.max_pool(x, [2, 2], one, [0, 0], [0, 0], [3, 3], "ceil").output(0))
    case("maximum_dilated", lambda x: ops.max_pool(x, one, [2, 1], one, one, [3, 2], "floor").output(0))
    case("product_transposed_a", lambda x: ops.matmul(x, floats(6, 5), True, False))
    case("product_transposed_b", lambda x: ops.matmul(x, floats(1, 4, 5, 8), False, True))
    case("product_flat", lambda x: ops.matmul(x, floats(5, 7), False, True), (3, 7))


def elementwise():
    case("prelu", lambda x: ops.prelu(x, floats(4)))
    case("clamp", lambda x: ops.clamp(x, -0.3, 0.6))
    case("swish", lambda x: ops.swish(x, scalar(1.3)))
    case("elu", lambda x: ops.elu(x, 0.7))
    case("gelu", lambda x: ops.gelu(x, "tanh"))
    case("hard_sigmoid", lambda x: ops.hard_sigmoid(x, scalar(0.3), scalar(0.4)))
    for name in ["hswish", "hsigmoid", "mish", "softplus"]:
        case(name, lambda x: getattr(ops, name)(x))
    case("squared_difference", lambda x: ops.squared_difference(x, floats(1, 4, 1, 1)))
    case("remainder", lambda x: ops.mod(x, scalar(0.3)))
    case("floor_remainder", lambda x: ops.floor_mod(x, scalar(0.3)))
    case("power", lambda x: ops.power(ops.abs(x), scalar(1.7)))
    case("select", lambda x: ops.select(ops.greater(x, scalar(0)), x, ops.negative(x)))
    case("round", lambda x: ops.round(ops.multiply(x, scalar(10)), "half_to_even"))
    case("fake_quantize", lambda x: ops.fake_quantize(x, scalar(-0.8), scalar(0.7), scalar(-1), scalar(1.2), 17))
    low, high = np.array([-0.8, -0.5, -0.2, -1], np.float32), np.array([0.8, 0.5, 0.7, 1], np.float32)
    case("fake_quantize_channels", lambda x: ops.fake_quantize(
        x, ops.constant(low.reshape(1, 4, 1, 1)), ops.constant(high.reshape(1, 4, 1, 1)), scalar(-1), scalar(1.2), 16))


def normalizations():
    case("normalize_maximum", lambda x: ops.normalize_l2(x, integers(1), 1e-3, "max"))
    case("normalize_sum", lambda x: ops.normalize_l2(x, integers(1, 2, 3), 1e-3, "add"))
    # OpenVINO's processor plug-in takes a bias of 1 whatever the layer says.
    case("lrn", lambda x: ops.lrn(x, integers(1), 0.5, 0.7, 1, 3))
    for version, module in enumerate([opset1, ops]):
        variance = ops.constant(np.array([1, 2, 0.5, 0.7], np.float32))
        case(f"batch_norm_{version}",
             lambda x: module.batch_norm_inference(x, floats(4), floats(4), floats(4), variance, 1e-3))
    case("softmax", lambda x: ops.softmax(x, -2))
    case("log_softmax", lambda x: ops.log_softmax(x, 2))
    for kind in ["mean", "sum", "max", "min", "l1", "l2", "prod"]:
        case("reduce_" + kind, lambda x: getattr(ops, "reduce_" + kind)(x, integers(2, -1), kind != "sum"))


def rearrangements():
    case("split", lambda x: list(ops.split(x, integer(1), 2).outputs()))
    case("variadic_split", lambda x: list(ops.variadic_split(x, integer(3), integers(3, -1, 1)).outputs()))
    case("pad_reflect", lambda x: ops.pad(x, integers(0, 0, 1, 2), integers(0, 0, 2, 1), "reflect"))
    case("pad_constant", lambda x: ops.pad(x, integers(0, 1, 1, 2), integers(0, 0, 2, 1), "constant", scalar(0.5)))
    case("strided_slice", lambda x: ops.strided_slice(
        x, integers(0, 1, 0, -1), integers(0, 2, 5, 0), integers(1, 1, 2, -2),
        [1, 0, 0, 0], [1, 0, 0, 1], [], [0, 1, 0, 0], []))
    case("slice", lambda x: ops.slice(x, integers(1, 0), integers(5, -1), integers(2, 3), integers(2, 3)))
    case("gather", lambda x: ops.gather(x, integers(0, -1, 2), integer(1)))
    case("tile", lambda x: ops.tile(x, integers(1, 2, 1, 1)))
    case("broadcast", lambda x: ops.broadcast(x, integers(2, 4, 6, 8)))
    case("depth_to_space_blocks", lambda x: ops.depth_to_space(x, "blocks_first", 2))
    case("depth_to_space_depth", lambda x: ops.depth_to_space(x, "depth_first", 2))
    case("space_to_depth", lambda x: ops.space_to_depth(x, "blocks_first", 2))
    case("shape", lambda x: ops.reshape(x, ops.concat(
        [ops.gather(ops.shape_of(x), integers(0, 1), integer(0)), integers(-1)], 0), False))
    case("squeeze", lambda x: ops.squeeze(ops.unsqueeze(x, integers(2)), integers(0)))
    case("transpose", lambda x: ops.transpose(x, integers(0, 3, 1, 2)))


def interpolation():
    factory = NodeFactory("opset4")

    def fourth(x, sizes, scales, mode, shape_mode, coordinates, nearest):
        inputs = [x, integers(*sizes), ops.constant(np.array(scales, np.float32)), integers(2, 3)]
        return factory.create("Interpolate", [value.output(0) for value in inputs], {
            "mode": mode, "shape_calculation_mode": shape_mode, "coordinate_transformation_mode": coordinates,
            "nearest_mode": nearest, "antialias": False, "cube_coeff": -0.75, "pads_begin": [0, 0], "pads_end": [0, 0]})

    roundings = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil", "simple"]
    for mode in ["nearest", "linear", "linear_onnx", "cubic"]:
        for coordinates in ["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel", "tf_half_pixel_for_nn"]:
            for nearest in roundings if mode == "nearest" else roundings[:1]:
                for height, width in [(9, 13), (3, 5)]:
                    case(f"interpolate_{mode}_{coordinates}_{nearest}_{height}", lambda x: fourth(
                        x, (height, width), (height / 6, width / 8), mode, "sizes", coordinates, nearest))
    case("interpolate_scales", lambda x: fourth(x, (12, 16), (2, 2), "linear_onnx", "scales", "half_pixel", "floor"))
    for mode in ["nearest", "linear"]:
        for aligned in [False, True]:
            for height, width in [(9, 13), (3, 5), (12, 16)]:
                case(f"interpolate_first_{mode}_{aligned}_{height}", lambda x: opset1.interpolate(
                    x, integers(height, width), {"axes": [2, 3], "mode": mode, "align_corners": aligned}))


def main(folder):
    for family in [convolutions, elementwise, normalizations, rearrangements, interpolation]:
        family()
    core = openvino.Core()
    for name, (x, outputs, shape) in cases.items():
        model = openvino.Model([ops.result(output) for output in outputs], [x], name)
        openvino.save_model(model, f"{folder}/{name}.xml", compress_to_fp16=False)
        values = random.uniform(-1, 1, shape).astype(np.float32)
        results = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(values)
        arrays = {f"output{position}": np.asarray(results[position]) for position in range(len(outputs))}
        np.savez(f"{folder}/{name}.npz", input=values, **arrays)
    print(f"{len(cases)} networks in {folder}")


if __name__ == "__main__":
    main(sys.argv[1])
