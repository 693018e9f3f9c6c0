// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Operators on 8-bit numbers as those on floats between a dequantisation and a quantisation.
///
/// Quantisers of ONNX Runtime write a network either with `QuantizeLinear` and `DequantizeLinear` around ordinary
/// operators, or with operators that contain them; the latter, of the default domain and of `com.microsoft`, are
/// written here in the form of the former.
enum QuantizedNodes {
    /// Types of the default domain that are taken apart.
    static let operatorTypes = ["QLinearConv", "QLinearMatMul"]

    /// Two operands, each with scale and zero point, and the result's scale and zero point.
    private static let binary = [
        "QLinearConv": "Conv", "QLinearMatMul": "MatMul", "QLinearAdd": "Add", "QLinearMul": "Mul", "QGemm": "Gemm",
    ]
    private static let unary = [
        "QLinearSigmoid": "Sigmoid", "QLinearLeakyRelu": "LeakyRelu", "QLinearAveragePool": "AveragePool",
        "QLinearGlobalAveragePool": "GlobalAveragePool",
    ]

    /// The nodes that a node stands for: itself, if it is none of these.
    static func expanded(_ node: ONNXNode) throws(ModelError) -> [ONNXNode] {
        let isOwn = node.domain.isEmpty ? operatorTypes.contains(node.operatorType) : node.domain == "com.microsoft"
        guard isOwn, let output = node.outputs.first else { return [node] }
        var parts = Parts(node: node, output: output)
        if let type = binary[node.operatorType] {
            let isProduct = node.operatorType == "QLinearMatMul"
            // A vector of scales is one for each row of the left matrix, column of the right one, output of a filter.
            let left = try parts.dequantize(at: 0, axis: isProduct ? -2 : 1)
            let transposesRight = parts.flag("transB")
            let right = try parts.dequantize(
                at: 3,
                axis: isProduct ? -1 : type == "Gemm" && !transposesRight ? 1 : 0
            )
            var inputs = [left, right]
            if type == "Conv", let bias = parts.input(8) { inputs.append(parts.dequantizeBias(bias)) }
            if type == "Gemm", let bias = parts.input(6) { inputs.append(parts.dequantizeBias(bias)) }
            if type == "Gemm", parts.takesFactor {
                throw ModelError(.unsupported, "attribute alpha other than 1")
            }
            return parts.finish(type, inputs, resultAt: type == "Gemm" ? 7 : 6)
        }
        if let type = unary[node.operatorType] {
            return parts.finish(type, [try parts.dequantize(at: 0, axis: 1)], resultAt: 3)
        }
        if node.operatorType == "QLinearConcat" {
            var inputs: [String] = []
            for start in stride(from: 2, to: node.inputs.count, by: 3) {
                inputs.append(try parts.dequantize(at: start, axis: 1))
            }
            return parts.finish("Concat", inputs, resultAt: 0)
        }
        return [node]
    }

    /// The nodes made so far for one.
    private struct Parts {
        let node: ONNXNode
        let output: String
        private var nodes: [ONNXNode] = []

        init(node: ONNXNode, output: String) {
            (self.node, self.output) = (node, output)
        }

        func input(_ position: Int) -> String? {
            node.inputs.indices.contains(position) && !node.inputs[position].isEmpty ? node.inputs[position] : nil
        }

        func flag(_ name: String) -> Bool {
            if case .integer(let value)? = node.attributes[name] { return value != 0 }
            return false
        }

        /// Whether the product is multiplied by a number other than 1.
        var takesFactor: Bool {
            if case .float(let value)? = node.attributes["alpha"] { return value != 1 }
            return false
        }

        /// Makes floats of the input at `position`, which scale and zero point follow.
        mutating func dequantize(at position: Int, axis: Int64) throws(ModelError) -> String {
            guard let x = input(position), let scale = input(position + 1) else {
                throw ModelError(.malformed, "input \(position) or its scale is missing")
            }
            return add("DequantizeLinear", [x, scale, input(position + 2) ?? ""], ["axis": .integer(axis)])
        }

        /// The bias is stored in units of the product of the operands' scales.
        mutating func dequantizeBias(_ bias: String) -> String {
            let scale = add("Mul", [node.inputs[1], node.inputs[4]], [:])
            return add("DequantizeLinear", [bias, scale], ["axis": .integer(0)])
        }

        /// The operator itself, followed by the quantisation of its result, whose scale is the input at `resultAt`.
        mutating func finish(_ type: String, _ inputs: [String], resultAt: Int) -> [ONNXNode] {
            var attributes = node.attributes
            if !flag("channels_last") { attributes["channels_last"] = nil }
            let result = add(type, inputs, attributes)
            if let scale = input(resultAt) {
                _ = add("QuantizeLinear", [result, scale, input(resultAt + 1) ?? ""], [:])
            }
            nodes[nodes.count - 1].outputs = [output]
            return nodes
        }

        private mutating func add(
            _ type: String,
            _ inputs: [String],
            _ attributes: [String: ONNXNode.Attribute]
        ) -> String {
            var part = ONNXNode(operatorType: type, opset: node.opset, inputs: inputs, attributes: attributes)
            part.name = node.name
            part.outputs = ["\(output)/\(nodes.count)"]
            nodes.append(part)
            return part.outputs[0]
        }
    }
}
