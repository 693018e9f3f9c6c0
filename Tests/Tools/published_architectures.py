#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
"""Networks built as published face networks are exported, with random weights, against ONNX Runtime.

    python3 Tests/Tools/published_architectures.py [--facekit .build/release/facekit] [--only NAME ...] [--keep FOLDER]

Needs numpy, onnx and onnxruntime. Every network runs at each kernel level, with one thread and with two; the difference
from ONNX Runtime must be within 1e-4 of the output's magnitude. What each network is here for is said where it is
built: the operators in the forms that exporters write them, batch normalisations unfolded, shapes computed at run time.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

TOLERANCE = 1e-4


class Network:
    """A graph under construction; methods add nodes and return the names of their outputs."""

    def __init__(self, name, opset, **inputs):
        self.name, self.opset, self.inputs = name, opset, inputs
        self.nodes, self.weights = [], []
        self.random = np.random.default_rng(sum(map(ord, name)))

    def constant(self, values, kind=np.float32):
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(values, kind), name))
        return name

    def add(self, operator, *inputs, outputs=1, **attributes):
        names = [f"v{len(self.nodes)}_{index}" for index in range(outputs)]
        self.nodes.append(helper.make_node(operator, list(inputs), names, name=f"{operator}_{len(self.nodes)}",
                                           **attributes))
        return names[0] if outputs == 1 else names

    def conv(self, x, inputs, outputs, kernel=3, stride=1, pad=None, groups=1, bias=False, gain=1.6, dilation=1):
        pad = dilation * (kernel // 2) if pad is None else pad
        spread = (gain / (inputs // groups * kernel * kernel)) ** 0.5
        parameters = [self.constant(self.random.normal(0, spread, (outputs, inputs // groups, kernel, kernel)))]
        if bias:
            parameters.append(self.constant(self.random.normal(0, 0.1, outputs)))
        return self.add("Conv", x, *parameters, kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[pad] * 4,
                        group=groups, dilations=[dilation] * 2)

    def norm(self, x, channels):
        return self.add("BatchNormalization", x, self.constant(self.random.uniform(0.7, 1.2, channels)),
                        self.constant(self.random.normal(0, 0.1, channels)),
                        self.constant(self.random.normal(0, 0.1, channels)),
                        self.constant(self.random.uniform(0.7, 1.3, channels)), epsilon=1e-5)

    def prelu(self, x, channels):
        return self.add("PRelu", x, self.constant(self.random.uniform(0.1, 0.4, (channels, 1, 1))))

    def relu(self, x):
        return self.add("Relu", x)

    def dense(self, x, inputs, outputs):
        return self.add("Gemm", x, self.constant(self.random.normal(0, inputs**-0.5, (outputs, inputs))),
                        self.constant(self.random.normal(0, 0.1, outputs)), transB=1)

    def save(self, folder, *outputs):
        graph = helper.make_graph(
            self.nodes, self.name,
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N"] + list(shape[1:]))
             for name, shape in self.inputs.items()],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs], self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=8)
        path = pathlib.Path(folder) / f"{self.name}.onnx"
        onnx.save(model, path)
        return path


def bottleneck(net, x, inputs, width, stride):
    y = net.relu(net.norm(net.conv(x, inputs, width, 1), width))
    y = net.relu(net.norm(net.conv(y, width, width, 3, stride), width))
    y = net.norm(net.conv(y, width, 4 * width, 1, gain=0.4), 4 * width)
    if inputs != 4 * width or stride > 1:
        x = net.norm(net.conv(x, inputs, 4 * width, 1, stride), 4 * width)
    return net.relu(net.add("Add", y, x))


def resnet50(net, x, counts=(3, 4, 6, 3)):
    """The maps after each of the four stages."""
    x = net.relu(net.norm(net.conv(x, 3, 64, 7, 2), 64))
    x = net.add("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    channels, stages = 64, []
    for stage, count in enumerate(counts):
        for block in range(count):
            x = bottleneck(net, x, channels, 64 << stage, 2 if stage and not block else 1)
            channels = 256 << stage
        stages.append(x)
    return stages


def hopenet(folder):
    """Hopenet: a whole ResNet-50 with its 7x7 stem, average pooling and three heads of 66 bins."""
    net = Network("hopenet", 11, image=(1, 3, 224, 224))
    x = net.add("AveragePool", resnet50(net, "image")[-1], kernel_shape=[7, 7])
    # The flattening of x.view(x.size(0), -1) as exporters of its time wrote it.
    batch = net.add("Gather", net.add("Shape", x), net.constant(0, np.int64), axis=0)
    shape = net.add("Concat", net.add("Unsqueeze", batch, axes=[0]), net.constant([-1], np.int64), axis=0)
    x = net.add("Reshape", x, shape)
    return net.save(folder, *[net.dense(x, 2048, 66) for _ in range(3)])


def retinaface_r50(folder):
    """RetinaFace on ResNet-50: a pyramid whose upsampling takes its size from the other map, and context modules."""
    net = Network("retinaface_r50", 11, image=(1, 3, 320, 288))
    stages = resnet50(net, "image")[1:]
    maps = [net.relu(net.norm(net.conv(x, 512 << i, 256, 1), 256)) for i, x in enumerate(stages)]
    for i in (1, 0):
        both = [net.add("Shape", maps[i + 1]), net.add("Shape", maps[i])]
        parts = [net.add("Slice", shape, net.constant([first], np.int64), net.constant([last], np.int64))
                 for shape, first, last in ((both[0], 0, 2), (both[1], 2, 4))]
        up = net.add("Resize", maps[i + 1], net.constant([]), net.constant([]), net.add("Concat", *parts, axis=0),
                     mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
        maps[i] = net.relu(net.norm(net.conv(net.add("Add", maps[i], up), 256, 256), 256))
    heads = [[], [], []]
    for x in maps:
        a = net.norm(net.conv(x, 256, 128), 128)
        b = net.relu(net.norm(net.conv(x, 256, 64), 64))
        c = net.norm(net.conv(b, 64, 64), 64)
        d = net.norm(net.conv(net.relu(net.norm(net.conv(b, 64, 64), 64)), 64, 64), 64)
        x = net.relu(net.add("Concat", a, c, d, axis=1))
        for head, width in zip(heads, (4, 2, 10)):
            y = net.add("Transpose", net.conv(x, 256, 2 * width, 1, bias=True), perm=[0, 2, 3, 1])
            head.append(net.add("Reshape", y, net.constant([0, -1, width], np.int64)))
    boxes, scores, points = [net.add("Concat", *head, axis=1) for head in heads]
    return net.save(folder, boxes, net.add("Softmax", scores, axis=-1), points)


def arcface(folder):
    """IResNet as InsightFace exports it: the picture's scaling inside, a normalisation before padded convolutions."""
    net = Network("arcface_r18", 11, data=(2, 3, 112, 112))
    x = net.add("Mul", net.add("Sub", "data", net.constant([127.5])), net.constant([0.0078125]))
    x, channels = net.prelu(net.norm(net.conv(x, 3, 64), 64), 64), 64
    for stage in range(4):
        width = 64 << stage
        for block in range(2):
            stride = 1 if block else 2
            y = net.norm(net.conv(net.norm(x, channels), channels, width), width)
            y = net.norm(net.conv(net.prelu(y, width), width, width, 3, stride, gain=0.4), width)
            shortcut = x if block else net.norm(net.conv(x, channels, width, 1, 2), width)
            x, channels = net.add("Add", y, shortcut), width
    x = net.add("Flatten", net.add("Dropout", net.norm(x, 512)), axis=1)
    return net.save(folder, net.norm(net.dense(x, 512 * 49, 512), 512))


def sface(folder):
    """SFace: a MobileNet with slopes, its input scaled by constants of the graph, ended by a fully connected layer."""
    net = Network("sface", 11, data=(1, 3, 112, 112))
    x = net.add("Mul", net.add("Sub", "data", net.constant([[[[127.5]]]])), net.constant([[[[1 / 128]]]]))
    x, channels = net.prelu(net.norm(net.conv(x, 3, 32), 32), 32), 32
    for width, stride in ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1), (512, 1), (1024, 2)):
        x = net.prelu(net.norm(net.conv(x, channels, channels, 3, stride, groups=channels), channels), channels)
        x, channels = net.prelu(net.norm(net.conv(x, channels, width, 1), width), width), width
    x = net.add("Dropout", net.norm(x, channels))
    x = net.add("Reshape", x, net.constant([0, 1024 * 49], np.int64))
    return net.save(folder, net.norm(net.dense(x, 1024 * 49, 128), 128))


def pfld(folder):
    """PFLD: inverted residuals with ReLU6, and three scales of the map joined before the landmarks."""
    net = Network("pfld", 11, input=(1, 3, 112, 112))
    six = lambda x: net.add("Clip", x, net.constant(0), net.constant(6))

    def block(x, inputs, outputs, stride, expansion, residual):
        wide = inputs * expansion
        y = six(net.norm(net.conv(x, inputs, wide, 1), wide))
        y = six(net.norm(net.conv(y, wide, wide, 3, stride, groups=wide), wide))
        y = net.norm(net.conv(y, wide, outputs, 1, gain=0.5), outputs)
        return net.add("Add", x, y) if residual else y

    x = net.relu(net.norm(net.conv("input", 3, 64, 3, 2), 64))
    x = net.relu(net.norm(net.conv(x, 64, 64, 3), 64))
    x = block(x, 64, 64, 2, 2, False)
    for _ in range(4):
        x = block(x, 64, 64, 1, 2, True)
    x = block(x, 64, 128, 2, 2, False)
    for index in range(6):
        x = block(x, 128, 128, 1, 4, index > 0)
    x = block(x, 128, 16, 1, 2, False)
    one = net.add("AveragePool", x, kernel_shape=[14, 14])
    x = net.relu(net.norm(net.conv(x, 16, 32, 3, 2), 32))
    two = net.add("AveragePool", x, kernel_shape=[7, 7])
    three = net.relu(net.norm(net.conv(x, 32, 128, 7, 1, 0), 128))
    flat = [net.add("Flatten", y, axis=1) for y in (one, two, three)]
    return net.save(folder, net.dense(net.add("Concat", *flat, axis=1), 16 + 32 + 128, 196))


def edgenext(folder):
    """EdgeNeXt: depthwise splits, attention across channels with its normalisations, GELU by erf, layer scale."""
    net = Network("edgenext", 13, image=(1, 3, 112, 112))

    def layer_norm(x, width):
        mean = net.add("ReduceMean", x, axes=[-1])
        centred = net.add("Sub", x, mean)
        variance = net.add("ReduceMean", net.add("Pow", centred, net.constant(2)), axes=[-1])
        scaled = net.add("Div", centred, net.add("Sqrt", net.add("Add", variance, net.constant(1e-6))))
        scaled = net.add("Mul", scaled, net.constant(net.random.uniform(0.8, 1.2, width)))
        return net.add("Add", scaled, net.constant(net.random.normal(0, 0.1, width)))

    def gelu(x):
        inner = net.add("Add", net.add("Erf", net.add("Div", x, net.constant(2**0.5))), net.constant(1))
        return net.add("Mul", net.add("Mul", x, inner), net.constant(0.5))

    def linear(x, inputs, outputs):
        y = net.add("MatMul", x, net.constant(net.random.normal(0, inputs**-0.5, (inputs, outputs))))
        return net.add("Add", net.constant(net.random.normal(0, 0.1, outputs)), y)

    def mix(x, width):
        """Pointwise layers with the channels last."""
        y = layer_norm(net.add("Transpose", x, perm=[0, 2, 3, 1]), width)
        y = linear(gelu(linear(y, width, 4 * width)), 4 * width, width)
        y = net.add("Mul", net.constant(net.random.uniform(0.1, 0.5, width)), y)
        return net.add("Transpose", y, perm=[0, 3, 1, 2])

    def attention(x, width, heads, rows, columns):
        """Transposed attention: across the channels."""
        flat = net.add("Reshape", x, net.constant([0, width, rows * columns], np.int64))
        tokens = net.add("Transpose", flat, perm=[0, 2, 1])
        qkv = linear(layer_norm(tokens, width), width, 3 * width)
        qkv = net.add("Reshape", qkv, net.constant([0, rows * columns, 3, heads, width // heads], np.int64))
        qkv = net.add("Transpose", qkv, perm=[2, 0, 3, 4, 1])
        q, k, v = [net.add("Gather", qkv, net.constant(index, np.int64), axis=0) for index in range(3)]

        def unit(y):
            length = net.add("Clip", net.add("ReduceL2", y, axes=[-1], keepdims=1), net.constant(1e-12))
            return net.add("Div", y, net.add("Expand", length, net.add("Shape", y)))

        scores = net.add("MatMul", unit(q), net.add("Transpose", unit(k), perm=[0, 1, 3, 2]))
        scores = net.add("Mul", scores, net.constant(net.random.uniform(0.5, 1.5, (heads, 1, 1))))
        y = net.add("MatMul", net.add("Softmax", scores, axis=-1), v)
        y = net.add("Transpose", y, perm=[0, 3, 1, 2])
        y = net.add("Reshape", y, net.constant([0, rows * columns, width], np.int64))
        y = net.add("Add", tokens, net.add("Mul", linear(y, width, width), net.constant(0.3)))
        y = net.add("Transpose", y, perm=[0, 2, 1])
        return net.add("Reshape", y, net.constant([0, width, rows, columns], np.int64))

    x = net.conv("image", 3, 32, 4, 4, 0, bias=True)
    x = net.add("Add", x, mix(net.conv(x, 32, 32, 3, groups=32, bias=True), 32))
    x = net.conv(x, 32, 64, 2, 2, 0, bias=True)
    x = net.add("Add", x, mix(net.conv(x, 64, 64, 5, groups=64, bias=True), 64))
    first, second = net.add("Split", x, net.constant([32, 32], np.int64), outputs=2, axis=1)
    first = net.conv(first, 32, 32, 3, groups=32, bias=True)
    second = net.conv(net.add("Add", second, first), 32, 32, 3, groups=32, bias=True)
    x = net.add("Add", x, mix(attention(net.add("Concat", first, second, axis=1), 64, 4, 14, 14), 64))
    x = net.conv(x, 64, 96, 2, 2, 0, bias=True)
    x = net.add("Add", x, mix(net.conv(x, 96, 96, 7, groups=96, bias=True), 96))
    x = layer_norm(net.add("ReduceMean", x, axes=[2, 3], keepdims=0), 96)
    return net.save(folder, linear(x, 96, 512))


def inswapper(folder):
    """The class of inswapper and SimSwap: reflection padding, normalisation of single pictures written out, a style of
    scales and shifts from a second input, bilinear upsampling, tanh."""
    net = Network("inswapper_class", 11, target=(1, 3, 64, 64), source=(1, 512))

    def reflected(x, inputs, outputs, kernel, stride=1):
        edge = kernel // 2
        padded = net.add("Pad", x, net.constant([0, 0, edge, edge, 0, 0, edge, edge], np.int64), mode="reflect")
        return net.conv(padded, inputs, outputs, kernel, stride, 0, bias=True)

    def styled(x, width):
        mean = net.add("ReduceMean", x, axes=[2, 3], keepdims=1)
        centred = net.add("Sub", x, mean)
        variance = net.add("ReduceMean", net.add("Mul", centred, centred), axes=[2, 3], keepdims=1)
        deviation = net.add("Sqrt", net.add("Add", variance, net.constant(1e-8)))
        x = net.add("Mul", centred, net.add("Div", net.constant(1), deviation))
        style = net.add("Unsqueeze", net.add("Unsqueeze", net.dense("source", 512, 2 * width), axes=[2]), axes=[3])
        bounds = [[net.constant([edge], np.int64) for edge in pair] for pair in ((0, width), (width, 2 * width))]
        scale, shift = [net.add("Slice", style, low, high, net.constant([1], np.int64)) for low, high in bounds]
        return net.add("Add", net.add("Mul", x, scale), shift)

    x = net.add("LeakyRelu", reflected("target", 3, 64, 7), alpha=0.2)
    x = net.add("LeakyRelu", net.conv(x, 64, 128, 3, 2, bias=True), alpha=0.2)
    x = net.add("LeakyRelu", net.conv(x, 128, 256, 3, 2, bias=True), alpha=0.2)
    for _ in range(2):
        y = net.relu(styled(reflected(x, 256, 256, 3), 256))
        x = net.add("Add", x, styled(reflected(y, 256, 256, 3), 256))
    for inputs, outputs in ((256, 128), (128, 64)):
        x = net.add("Resize", x, net.constant([]), net.constant([1, 1, 2, 2]), mode="linear",
                    coordinate_transformation_mode="pytorch_half_pixel")
        x = net.add("LeakyRelu", net.conv(x, inputs, outputs, bias=True), alpha=0.2)
    x = net.add("Tanh", reflected(x, 64, 3, 7))
    return net.save(folder, net.add("Div", net.add("Add", x, net.constant(1)), net.constant(2)))


def blendswap(folder):
    """Generators with transposed convolutions, instance normalisation as one operator and a gate by a sigmoid."""
    net = Network("generator", 11, image=(1, 3, 64, 64))

    def instance(x, width):
        return net.add("InstanceNormalization", x, net.constant(net.random.uniform(0.8, 1.2, width)),
                       net.constant(net.random.normal(0, 0.1, width)), epsilon=1e-5)

    x = net.relu(instance(net.conv("image", 3, 32, 5, bias=True), 32))
    x = net.relu(instance(net.conv(x, 32, 64, 4, 2, 1), 64))
    gate = net.add("GlobalAveragePool", x)
    gate = net.add("HardSigmoid", net.conv(net.relu(net.conv(gate, 64, 16, 1)), 16, 64, 1), alpha=1 / 6, beta=0.5)
    x = net.add("Mul", x, gate)
    weights = net.constant(net.random.normal(0, 0.05, (64, 32, 4, 4)))
    x = net.add("ConvTranspose", x, weights, kernel_shape=[4, 4], strides=[2, 2], pads=[1] * 4)
    x = net.add("Elu", instance(x, 32), alpha=1.0)
    x = net.conv(x, 32, 16, 3, dilation=2)
    x = net.add("Mul", x, net.add("Sigmoid", x))
    return net.save(folder, net.add("Tanh", net.conv(x, 16, 3, 3)))


def quantized(folder):
    """What ONNX Runtime's quantiser makes of a network when it writes operators on 8-bit numbers."""
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_static

    net = Network("quantized", 13, image=(1, 3, 32, 32))
    x = net.relu(net.conv("image", 3, 16, bias=True))
    y = net.relu(net.conv(x, 16, 16, groups=16, bias=True))
    x = net.add("Add", x, net.conv(y, 16, 16, 1, bias=True))
    x = net.add("Concat", x, net.add("LeakyRelu", net.conv(x, 16, 8, bias=True), alpha=0.1), axis=1)
    scores = net.add("Sigmoid", net.conv(x, 24, 2, 1, bias=True))
    flat = net.add("Flatten", net.add("GlobalAveragePool", x), axis=1)
    path = net.save(folder, scores, net.dense(flat, 24, 10))

    class Pictures(CalibrationDataReader):
        def __init__(self):
            random = np.random.default_rng(2)
            self.pictures = iter([random.uniform(-1, 1, (1, 3, 32, 32)).astype(np.float32) for _ in range(4)])

        def get_next(self):
            picture = next(self.pictures, None)
            return None if picture is None else {"image": picture}

    target = path.with_name("quantized_8bit.onnx")
    quantize_static(str(path), str(target), Pictures(), quant_format=QuantFormat.QOperator, per_channel=True)
    return target


ARCHITECTURES = {maker.__name__: maker
                 for maker in (arcface, sface, hopenet, retinaface_r50, pfld, edgenext, inswapper, blendswap,
                               quantized)}


def compare(path, facekit, level, threads, folder):
    """The largest difference over the output's magnitude, or what went wrong."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    random, shapes = np.random.default_rng(1), {}
    graph = onnx.load(str(path), load_external_data=False).graph
    for value in graph.input:
        extents = [extent.dim_value or 1 for extent in value.type.tensor_type.shape.dim]
        shapes[value.name] = extents
    values = {name: random.uniform(-1, 1, shape).astype(np.float32) for name, shape in shapes.items()}
    wanted = session.run(None, values)
    inputs, outputs = folder / "input.f32", folder / "output.f32"
    np.concatenate([value.ravel() for value in values.values()]).astype("<f4").tofile(inputs)
    command = [facekit, "bench", "model", str(path), "--runs", "1", "--level", level, "--threads", str(threads)]
    for shape in shapes.values():
        command += ["--shape", "x".join(map(str, shape))]
    run = subprocess.run(command + ["--input", str(inputs), "--output", str(outputs)], capture_output=True, text=True)
    if run.returncode:
        return run.stderr.strip()
    got, start, worst = np.fromfile(outputs, "<f4"), 0, 0.0
    if got.size != sum(output.size for output in wanted):
        return f"{got.size} numbers instead of {sum(output.size for output in wanted)}"
    for output in wanted:
        part = got[start:start + output.size].reshape(output.shape)
        start += output.size
        worst = max(worst, float(np.abs(part - output).max() / max(np.abs(output).max(), 1e-2)))
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--facekit", default=str(pathlib.Path(__file__).parents[2] / ".build/release/facekit"))
    parser.add_argument("--levels", nargs="+", default=["portable", "avx2", "avx512", "amx"])
    parser.add_argument("--only", nargs="+", default=list(ARCHITECTURES), choices=list(ARCHITECTURES))
    parser.add_argument("--keep", help="folder to write the networks to (default: a temporary one)")
    options = parser.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory() as temporary:
        for name in options.only:
            path = ARCHITECTURES[name](options.keep or temporary)
            answers = {(level, threads): compare(path, options.facekit, level, threads, pathlib.Path(temporary))
                       for level in options.levels for threads in (1, 2)}
            failures = {key: answer for key, answer in answers.items()
                        if isinstance(answer, str) or not answer <= TOLERANCE}
            figures = [answer for answer in answers.values() if not isinstance(answer, str)]
            print(f"{path.stem:16} {max(figures, default=float('nan')):.1e}", flush=True)
            for (level, threads), answer in failures.items():
                print(f"    wrong at {level}, {threads} threads: {answer}")
            wrong += len(failures)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
