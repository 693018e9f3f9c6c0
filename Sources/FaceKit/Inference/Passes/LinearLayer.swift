// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// A convolution or a matrix product with constant weights, seen alike: `y = W x + b`.
struct LinearLayer {
    private let original: Graph.Node
    private let weightTensor: Tensor
    private let convolution: Convolution?
    private let product: Gemm?
    /// The layer's bias, if it has one.
    let bias: [Float]?
    let x: Graph.ValueID
    let outputs: Int
    /// Features of a flattened input that belong to one channel.
    var featuresPerChannel = 1

    init?(_ node: Graph.Node, _ editor: GraphEditor) {
        guard let x = node.input(0), let weights = editor.constant(node.input(1)),
            weights.dataType.isFloatingPoint
        else { return nil }
        let biasID = node.input(2)
        let biasTensor = editor.constant(biasID)
        guard biasID == nil || biasTensor != nil else { return nil }
        if let convolution = node.operator as? Convolution {
            guard weights.shape.count == 4 else { return nil }
            self.convolution = convolution
            product = nil
            outputs = weights.shape[0]
            bias = biasTensor?.floats
        } else if let product = node.operator as? Gemm {
            guard product.alpha == 1, product.beta == 1 || biasID == nil, !product.transposesA,
                weights.shape.count == 2
            else { return nil }
            convolution = nil
            self.product = product
            outputs = weights.shape[product.transposesB ? 0 : 1]
            let count = outputs
            guard biasTensor == nil || biasTensor?.count == count || biasTensor?.count == 1 else { return nil }
            bias = biasTensor.map { $0.count == count ? $0.floats : Array(repeating: $0.floats[0], count: count) }
        } else {
            return nil
        }
        self.x = x
        original = node
        weightTensor = weights
    }

    var isConvolution: Bool { convolution != nil }

    /// Channels of the input.
    var inputs: Int {
        if let convolution { return weightTensor.shape[1] * convolution.groups }
        return weightTensor.shape[product?.transposesB == true ? 1 : 0] / featuresPerChannel
    }

    var isPadded: Bool {
        switch convolution?.padding {
        case .explicit(let begin, let end): (begin + end).contains { $0 != 0 }
        case .sameUpper, .sameLower: true
        case .valid, nil: false
        }
    }

    /// How the weights lie: rows of columns of taps.
    private struct Indexing: Sendable {
        var rows: Int
        var columns: Int
        var taps: Int
        /// Rows count input features, columns outputs, not the other way round.
        var isInputMajor: Bool
        var rowsPerGroup: Int

        /// The input feature that a row's first column stands for, where rows are outputs.
        func firstInput(ofRow row: Int) -> Int { row / rowsPerGroup * columns }
    }

    private var indexing: Indexing {
        let shape = weightTensor.shape
        return Indexing(
            rows: shape[0],
            columns: shape[1],
            taps: shape[2...].reduce(1, *),
            isInputMajor: product.map { !$0.transposesB } ?? false,
            rowsPerGroup: shape[0] / (convolution?.groups ?? 1)
        )
    }

    /// One value for each input feature, of one for each channel.
    private func byFeature(_ values: [Float]) -> [Float] {
        featuresPerChannel == 1 ? values : values.flatMap { repeatElement($0, count: featuresPerChannel) }
    }

    func weights(scaledByOutput scale: [Float]) -> Tensor {
        indexing.isInputMajor ? scaledColumns(by: scale) { _ in 0 } : scaledRows(by: scale)
    }

    func weights(scaledByInput scale: [Float]) -> Tensor {
        let (indexing, scale) = (indexing, byFeature(scale))
        return indexing.isInputMajor
            ? scaledRows(by: scale) : scaledColumns(by: scale) { indexing.firstInput(ofRow: $0) }
    }

    /// The weights with every row times a factor of its own.
    private func scaledRows(by factors: [Float]) -> Tensor {
        let (source, indexing) = (weightTensor, indexing)
        let width = indexing.columns * indexing.taps
        let elements = DerivedElements(count: source.count) {
            var floats = source.floats
            for row in 0..<indexing.rows {
                let factor = factors[row]
                for index in row * width..<(row + 1) * width { floats[index] *= factor }
            }
            return floats
        }
        return Tensor(elements, shape: source.shape)
    }

    /// The weights with every column's taps times a factor; `first` says which one a row's first column has.
    private func scaledColumns(by factors: [Float], first: @escaping @Sendable (_ row: Int) -> Int) -> Tensor {
        let (source, indexing) = (weightTensor, indexing)
        let elements = DerivedElements(count: source.count) {
            var floats = source.floats
            var start = 0
            for row in 0..<indexing.rows {
                for factor in factors[first(row)...].prefix(indexing.columns) {
                    for index in start..<start + indexing.taps { floats[index] *= factor }
                    start += indexing.taps
                }
            }
            return floats
        }
        return Tensor(elements, shape: source.shape)
    }

    /// The bias `b + W shift`.
    func bias(shiftedByInput shift: [Float]) -> [Float] {
        var sums = (bias ?? Array(repeating: 0, count: outputs)).map(Double.init)
        let (weights, indexing, shift) = (weightTensor.floats, indexing, byFeature(shift))
        var start = 0
        for row in 0..<indexing.rows {
            if indexing.isInputMajor {
                for column in 0..<indexing.columns {
                    sums[column] += Double(weights[start + column]) * Double(shift[row])
                }
                start += indexing.columns
                continue
            }
            var total = 0.0
            for value in shift[indexing.firstInput(ofRow: row)...].prefix(indexing.columns) {
                // Taps of one channel are summed first: they share the shift.
                var sum: Float = 0
                for index in start..<start + indexing.taps { sum += weights[index] }
                total += Double(sum) * Double(value)
                start += indexing.taps
            }
            sums[row] += total
        }
        return sums.map(Float.init)
    }

    /// The layer with other weights and bias.
    func node(
        weights: Tensor,
        bias: [Float],
        outputs: [Graph.ValueID?],
        padValues: Graph.ValueID? = nil,
        _ editor: inout GraphEditor
    ) -> Graph.Node {
        let weightID = editor.addConstant(weights, name: original.name + "/weights")
        let biasID = editor.addConstant(Tensor(bias, shape: [bias.count]), name: original.name + "/bias")
        if var product {
            // A product without a bias may have had any factor for it.
            product.beta = 1
            return Graph.Node(
                name: original.name,
                operator: product,
                inputs: [x, weightID, biasID],
                outputs: outputs
            )
        }
        guard let convolution, let padValues else {
            return Graph.Node(
                name: original.name,
                operator: original.operator,
                inputs: [x, weightID, biasID],
                outputs: outputs
            )
        }
        return Graph.Node(
            name: original.name,
            operator: FusedConvolution(convolution),
            inputs: [x, weightID, biasID, nil, nil, padValues],
            outputs: outputs
        )
    }
}
