# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
"""Writes what the tests of the PyTorch reader compare with.

    python3 inception_resnet_v1.py golden          every 16th number of ONNX Runtime's embedding, as Swift
    python3 inception_resnet_v1.py pickles         small state dictionaries pickled by Python, as Swift
    python3 inception_resnet_v1.py archive FILE    the network's random weights as torch.save would write them

Weights follow from their names (see `tensor`), so that the tests can make the same ones without this script.
Needs numpy, onnx and onnxruntime.
"""
import base64
import collections
import io
import pickle
import struct
import sys
import types
import zipfile

import numpy as np


def uniform(name, count):
    """Numbers in 0..<1 with 24 bits: FNV-1a of the name seeds SplitMix64."""
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = (seed ^ byte) * 0x100000001B3 % 2**64
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (z >> np.uint64(40)).astype(np.float32) / np.float32(2**24)


def tensor(name, shape):
    u = uniform(name, int(np.prod(shape)))
    if len(shape) > 1:
        values = (u - np.float32(0.5)) * np.float32(2 * np.sqrt(6 / np.prod(shape[1:])))
    elif name.endswith(("bn.weight", "running_var")):
        values = u * np.float32(0.4) + np.float32(0.8)
    else:
        values = (u - np.float32(0.5)) * np.float32(0.2)
    return values.reshape(shape)


class Network:
    """Builds the architecture as ONNX and notes its state dictionary on the way."""

    def __init__(self):
        self.nodes, self.weights, self.count = [], collections.OrderedDict(), 0

    def add(self, kind, inputs, **attributes):
        from onnx import helper
        self.count += 1
        output = f"v{self.count}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def weight(self, name, shape):
        self.weights[name] = tensor(name, shape)
        return name

    def conv(self, x, name, inputs, outputs, kernel, stride=1, padding=(0, 0)):
        y = self.add("Conv", [x, self.weight(name + ".conv.weight", (outputs, inputs, *kernel))],
                     strides=[stride, stride], pads=[*padding, *padding])
        return self.add("Relu", [self.norm(y, name + ".bn", outputs)])

    def norm(self, x, name, channels):
        parts = [self.weight(f"{name}.{part}", (channels,))
                 for part in ("weight", "bias", "running_mean", "running_var")]
        return self.add("BatchNormalization", [x, *parts], epsilon=1e-3)

    def pool(self, x):
        return self.add("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2])

    def block(self, x, name, channels, branches, scale, relu=True):
        parts = [self.branch(x, f"{name}.branch{i}", channels, layers) for i, layers in enumerate(branches)]
        joined = self.add("Concat", parts, axis=1)
        inner = sum(layers[-1][0] for layers in branches)
        y = self.add("Conv", [joined, self.weight(name + ".conv2d.weight", (channels, inner, 1, 1)),
                              self.weight(name + ".conv2d.bias", (channels,))])
        self.weights[f"scale {scale}"] = np.float32(scale)
        y = self.add("Add", [self.add("Mul", [y, f"scale {scale}"]), x])
        return self.add("Relu", [y]) if relu else y

    def branch(self, x, name, channels, layers):
        for i, (outputs, kernel, stride, padding) in enumerate(layers):
            x = self.conv(x, name if len(layers) == 1 else f"{name}.{i}", channels, outputs, kernel, stride, padding)
            channels = outputs
        return x

    def build(self):
        def layer(outputs, height=1, width=1, stride=1, padded=False):
            return outputs, (height, width), stride, (height // 2, width // 2) if padded else (0, 0)

        x = self.conv("input", "conv2d_1a", 3, 32, (3, 3), 2)
        x = self.conv(x, "conv2d_2a", 32, 32, (3, 3))
        x = self.conv(x, "conv2d_2b", 32, 64, (3, 3), 1, (1, 1))
        x = self.pool(x)
        x = self.conv(x, "conv2d_3b", 64, 80, (1, 1))
        x = self.conv(x, "conv2d_4a", 80, 192, (3, 3))
        x = self.conv(x, "conv2d_4b", 192, 256, (3, 3), 2)
        for i in range(5):
            x = self.block(x, f"repeat_1.{i}", 256, [
                [layer(32)], [layer(32), layer(32, 3, 3, padded=True)],
                [layer(32), layer(32, 3, 3, padded=True), layer(32, 3, 3, padded=True)]], 0.17)
        x = self.add("Concat", [
            self.branch(x, "mixed_6a.branch0", 256, [layer(384, 3, 3, 2)]),
            self.branch(x, "mixed_6a.branch1", 256,
                        [layer(192), layer(192, 3, 3, padded=True), layer(256, 3, 3, 2)]),
            self.pool(x)], axis=1)
        for i in range(10):
            x = self.block(x, f"repeat_2.{i}", 896, [
                [layer(128)], [layer(128), layer(128, 1, 7, padded=True), layer(128, 7, 1, padded=True)]], 0.1)
        x = self.add("Concat", [
            self.branch(x, "mixed_7a.branch0", 896, [layer(256), layer(384, 3, 3, 2)]),
            self.branch(x, "mixed_7a.branch1", 896, [layer(256), layer(256, 3, 3, 2)]),
            self.branch(x, "mixed_7a.branch2", 896, [layer(256), layer(256, 3, 3, padded=True), layer(256, 3, 3, 2)]),
            self.pool(x)], axis=1)
        for i in range(6):
            x = self.block(x, f"repeat_3.{i}" if i < 5 else "block8", 1792, [
                [layer(192)], [layer(192), layer(192, 1, 3, padded=True), layer(192, 3, 1, padded=True)]],
                0.2 if i < 5 else 1.0, relu=i < 5)
        x = self.add("Flatten", [self.add("GlobalAveragePool", [x])])
        x = self.add("Gemm", [x, self.weight("last_linear.weight", (512, 1792))], transB=1)
        return self.add("LpNormalization", [self.norm(x, "last_bn", 512)], axis=1, p=2)


def golden():
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper
    network = Network()
    output = network.build()
    shape = (1, 3, 112, 96)
    graph = helper.make_graph(
        network.nodes, "network", [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, (1, 512))],
        [numpy_helper.from_array(np.asarray(v), k) for k, v in network.weights.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    pixels = (uniform("input", int(np.prod(shape))) * np.float32(2) - np.float32(1)).reshape(shape)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    embedding = session.run(None, {"input": pixels})[0][0]
    chosen = [f"{value:.7f}" for value in embedding[::16]]
    for start in range(0, len(chosen), 8):
        print("        " + ", ".join(chosen[start:start + 8]) + ",")


# What torch.save's pickler writes, from classes with the names that PyTorch's have.

class Storage:
    def __init__(self, kind, key, count):
        self.kind, self.key, self.count = kind, key, count


class View:
    def __init__(self, storage, offset, shape, strides):
        self.arguments = (storage, offset, shape, strides, False, collections.OrderedDict())

    def __reduce_ex__(self, protocol):
        return sys.modules["torch._utils"]._rebuild_tensor_v2, self.arguments


def fake_torch():
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    for name in ("FloatStorage", "HalfStorage", "LongStorage"):
        setattr(torch, name, type(name, (), {"__module__": "torch"}))

    def _rebuild_tensor_v2(*arguments):
        raise NotImplementedError

    _rebuild_tensor_v2.__module__, _rebuild_tensor_v2.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = _rebuild_tensor_v2
    sys.modules.update({"torch": torch, "torch._utils": utils})
    return torch


def pickled(state, protocol):
    torch, buffer = fake_torch(), io.BytesIO()
    pickler = pickle._Pickler(buffer, protocol)
    pickler.persistent_id = lambda value: (
        ("storage", getattr(torch, value.kind), value.key, "cpu", value.count) if isinstance(value, Storage) else None)
    pickler.dump(state)
    return buffer.getvalue()


def pickles():
    shared = Storage("FloatStorage", "0", 12)
    state = collections.OrderedDict([
        ("dense", View(shared, 0, (2, 3), (3, 1))),
        ("tail", View(shared, 6, (6,), (1,))),
        ("transposed", View(shared, 0, (3, 2), (1, 3))),
        ("half", View(Storage("HalfStorage", "1", 4), 0, (4,), (1,))),
        ("num_batches_tracked", View(Storage("LongStorage", "2", 1), 0, (), ())),
    ])
    state._metadata = collections.OrderedDict([("", {"version": 1})])
    for protocol in (2, 4):
        print(protocol, base64.b64encode(pickled(state, protocol)).decode())
    print("call", base64.b64encode(pickle.dumps({"a": Call()}, 2)).decode())


class Call:
    def __reduce__(self):
        import os
        return os.system, ("true",)


def archive(path):
    network = Network()
    network.build()
    state, contents = collections.OrderedDict(), []
    for name, values in network.weights.items():
        if name.startswith("scale"):
            continue
        strides = tuple(int(s) // 4 for s in values.strides)
        state[name] = View(Storage("FloatStorage", str(len(contents)), values.size), 0, values.shape, strides)
        contents.append(values.tobytes())
    state._metadata = collections.OrderedDict()
    entries = [("data.pkl", pickled(state, 2)), ("byteorder", b"little")]
    entries += [(f"data/{key}", content) for key, content in enumerate(contents)] + [("version", b"3\n")]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
        for name, content in entries:
            entry = zipfile.ZipInfo("archive/" + name)
            # Elements start at multiples of 64 bytes, by a field of zeros before them.
            start = file.fp.tell() + 30 + len(entry.filename) + 4
            entry.extra = struct.pack("<HH", 0x4246, -start % 64) + bytes(-start % 64)
            file.writestr(entry, content)


if __name__ == "__main__":
    {"golden": golden, "pickles": pickles, "archive": archive}[sys.argv[1]](*sys.argv[2:])
