# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.
"""What a network computes in double precision: the judge between engines whose last digits differ.

The evaluator is that of the `onnx` package on a network whose weights are widened to float64; its convolution, far too
slow at detectors' sizes, is replaced by a sum of matrix products over the taps.
"""

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun

# Inputs of these operators, but the first, are parameters that stay float32.
KEEP_PARAMETERS = {"Resize", "Upsample"}


class Conv(OpRun):
    op_domain = ""

    def _run(self, x, weights, bias=None, auto_pad=None, dilations=None, group=None, kernel_shape=None, pads=None,
             strides=None):
        if x.ndim != 4 or auto_pad not in (None, "NOTSET"):
            raise NotImplementedError("convolutions over two axes with explicit padding")
        strides, pads, dilations, group = strides or [1, 1], pads or [0] * 4, dilations or [1, 1], group or 1
        batch, channels = x.shape[:2]
        outputs, depth, height, width = weights.shape
        x = np.pad(x, ((0, 0), (0, 0), (pads[0], pads[2]), (pads[1], pads[3])))
        rows = (x.shape[2] - (height - 1) * dilations[0] - 1) // strides[0] + 1
        columns = (x.shape[3] - (width - 1) * dilations[1] - 1) // strides[1] + 1
        sums = np.zeros((batch, group, outputs // group, rows * columns))
        grouped = weights.reshape(group, outputs // group, depth, height, width)
        for row in range(height):
            for column in range(width):
                top, left = row * dilations[0], column * dilations[1]
                seen = x[:, :, top:top + (rows - 1) * strides[0] + 1:strides[0],
                         left:left + (columns - 1) * strides[1] + 1:strides[1]]
                sums += grouped[:, :, :, row, column] @ seen.reshape(batch, group, channels // group, -1)
        sums = sums.reshape(batch, outputs, rows, columns)
        return (sums if bias is None else sums + bias[:, None, None],)


def _widen(tensor):
    if tensor.data_type == onnx.TensorProto.FLOAT:
        tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float64), tensor.name))


def _widened(path):
    model = onnx.load(str(path))
    graph = model.graph
    kept = {name for node in graph.node if node.op_type in KEEP_PARAMETERS for name in node.input[1:]}
    for tensor in graph.initializer:
        if tensor.name not in kept:
            _widen(tensor)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.TENSOR and node.output[0] not in kept:
                _widen(attribute.t)
    for value in list(graph.input) + list(graph.output) + list(graph.value_info):
        if value.type.tensor_type.elem_type == onnx.TensorProto.FLOAT:
            value.type.tensor_type.elem_type = onnx.TensorProto.DOUBLE
    return model


def outputs(network, values):
    """The outputs in the order of the file."""
    evaluator = ReferenceEvaluator(_widened(network.path), new_ops=[Conv])
    with np.errstate(all="ignore"):
        return evaluator.run(None, {network.input_name: values.astype(np.float64)})
