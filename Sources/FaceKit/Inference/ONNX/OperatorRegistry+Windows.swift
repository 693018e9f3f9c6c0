// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension OperatorRegistry {
    /// Convolution, pooling and matrix products.
    static let windows: [String: Maker] = [
        "Conv": { (node) throws(ModelError) in
            let window = try WindowAttributes(&node)
            return Convolution(
                strides: window.strides,
                dilations: window.dilations,
                groups: try node.takeInteger("group") ?? 1,
                padding: window.padding,
                kernelShape: window.kernelShape
            )
        },
        "ConvTranspose": { (node) throws(ModelError) in
            let window = try WindowAttributes(&node)
            return ConvTranspose(
                strides: window.strides,
                dilations: window.dilations,
                groups: try node.takeInteger("group") ?? 1,
                padding: window.padding,
                kernelShape: window.kernelShape,
                outputPadding: try node.takeIntegers("output_padding") ?? [],
                outputShape: try node.takeIntegers("output_shape")
            )
        },
        "MaxPool": { (node) throws(ModelError) in
            let window = try WindowAttributes(&node)
            let columnMajor = try node.takeFlag("storage_order")
            guard !columnMajor || node.outputs.count < 2 else {
                throw ModelError(.unsupported, "column-major offsets")
            }
            return MaxPool(
                kernelShape: try window.requiredKernelShape(),
                strides: window.strides,
                dilations: window.dilations,
                padding: window.padding,
                ceiling: try node.takeFlag("ceil_mode")
            )
        },
        "AveragePool": { (node) throws(ModelError) in
            let window = try WindowAttributes(&node)
            return AveragePool(
                kernelShape: try window.requiredKernelShape(),
                strides: window.strides,
                dilations: window.dilations,
                padding: window.padding,
                ceiling: try node.takeFlag("ceil_mode"),
                includesPadding: try node.takeFlag("count_include_pad")
            )
        },
        "GlobalAveragePool": { (_) throws(ModelError) in GlobalAveragePool() },
        "GlobalMaxPool": { (_) throws(ModelError) in GlobalMaxPool() },
        "Einsum": { (node) throws(ModelError) in
            guard let equation = try node.takeText("equation") else {
                throw ModelError(.malformed, "equation is missing")
            }
            return Einsum(equation: equation)
        },
        "MatMul": { (_) throws(ModelError) in MatMul() },
        "Gemm": { (node) throws(ModelError) in
            Gemm(
                alpha: try node.takeFloat("alpha") ?? 1,
                beta: try node.takeFloat("beta") ?? 1,
                transposesA: try node.takeFlag("transA"),
                transposesB: try node.takeFlag("transB")
            )
        },
    ]
}

/// The attributes that convolution and pooling share.
private struct WindowAttributes {
    var kernelShape: [Int]?
    var strides: [Int]
    var dilations: [Int]
    var padding: Padding

    init(_ node: inout ONNXNode) throws(ModelError) {
        kernelShape = try node.takeIntegers("kernel_shape")
        strides = try node.takeIntegers("strides") ?? []
        dilations = try node.takeIntegers("dilations") ?? []
        let pads = try node.takeIntegers("pads") ?? []
        switch try node.takeText("auto_pad") ?? "NOTSET" {
        case "NOTSET", "":
            guard pads.count % 2 == 0 else { throw ModelError(.malformed, "pads \(pads)") }
            padding = .explicit(begin: Array(pads.prefix(pads.count / 2)), end: Array(pads.suffix(pads.count / 2)))
        case "SAME_UPPER": padding = .sameUpper
        case "SAME_LOWER": padding = .sameLower
        case "VALID": padding = .valid
        case let other: throw ModelError(.unsupported, "auto_pad \(other)")
        }
    }

    func requiredKernelShape() throws(ModelError) -> [Int] {
        guard let kernelShape else { throw ModelError(.malformed, "kernel_shape is missing") }
        return kernelShape
    }
}
