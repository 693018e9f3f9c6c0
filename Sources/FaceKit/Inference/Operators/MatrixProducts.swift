// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// `alpha * a × b + beta * c` over matrices (ONNX `Gemm`).
///
/// Inputs: a [m, k], or [k, m] when transposed; b [k, n], or [n, k] when transposed; optionally c, which broadcasts
/// to [m, n]. Output: [m, n].
package struct Gemm: Operator {
    package static let name = "Gemm"

    package var alpha: Float
    package var beta: Float
    package var transposesA: Bool
    package var transposesB: Bool

    package init(alpha: Float = 1, beta: Float = 1, transposesA: Bool = false, transposesB: Bool = false) {
        self.alpha = alpha
        self.beta = beta
        self.transposesA = transposesA
        self.transposesB = transposesB
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let a = try inputs.requiredFloats(0)
        let b = try inputs.requiredFloats(1)
        let c = try inputs.optionalFloats(2)
        guard a.shape.count == 2, b.shape.count == 2, a.shape[transposesA ? 0 : 1] == b.shape[transposesB ? 1 : 0]
        else {
            throw ModelError(
                .mismatch,
                "matrices \(a.shape)\(transposesA ? "ᵀ" : "") and \(b.shape)\(transposesB ? "ᵀ" : "") do not multiply"
            )
        }
        let shape = [a.shape[transposesA ? 1 : 0], b.shape[transposesB ? 0 : 1]]
        if let c, try c.shape.broadcast(with: shape) != shape {
            throw ModelError(.mismatch, "addend \(c.shape) does not broadcast to the product's \(shape)")
        }
        try shape.checkedElementCount()
        return [TensorFact(dataType: a.dataType, shape: shape)]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let shape = try inferred(inputs)[0].shape
        let a = try inputs.required(0)
        let b = try inputs.required(1)
        let depth = a.shape[transposesA ? 0 : 1]
        let left =
            transposesA ? a.picking([shape[0], depth].offsets(strides: [1, shape[0]]), shape: [shape[0], depth]) : a
        let right =
            transposesB ? b.picking([depth, shape[1]].offsets(strides: [1, depth]), shape: [depth, shape[1]]) : b
        var result = matrixProduct(left.floats, 0, right.floats, 0, rows: shape[0], depth: depth, columns: shape[1])
        if let c = inputs.optional(2) {
            let addend = c.broadcast(to: shape).floats
            for index in result.indices { result[index] = alpha * result[index] + beta * addend[index] }
        } else if alpha != 1 {
            for index in result.indices { result[index] *= alpha }
        }
        return [Tensor(result, shape: shape, dataType: a.dataType)]
    }
}

/// Matrix product over the last two axes, the axes before them broadcast (ONNX `MatMul`, numpy's `matmul`).
///
/// Inputs: [batch…, m, k] and [batch…, k, n]; a vector counts as one row on the left, one column on the right, and
/// that axis is left out of the output.
package struct MatMul: Operator {
    package static let name = "MatMul"

    package init() {}

    /// The operands' shapes with vectors made matrices.
    private func matrices(_ a: [Int], _ b: [Int]) throws(ModelError) -> (a: [Int], b: [Int], batch: [Int]) {
        let left = a.count == 1 ? [1] + a : a
        let right = b.count == 1 ? b + [1] : b
        guard left.count >= 2, right.count >= 2, left[left.count - 1] == right[right.count - 2] else {
            throw ModelError(.mismatch, "matrices \(a) and \(b) do not multiply")
        }
        return (left, right, try Array(left.dropLast(2)).broadcast(with: Array(right.dropLast(2))))
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        let a = try inputs.required(0)
        let b = try inputs.required(1)
        guard a.dataType == b.dataType else {
            throw ModelError(.mismatch, "operands are \(a.dataType) and \(b.dataType)")
        }
        let (left, right, batch) = try matrices(a.shape, b.shape)
        let rows = a.shape.count == 1 ? [] : [left[left.count - 2]]
        let columns = b.shape.count == 1 ? [] : [right[right.count - 1]]
        let shape = batch + rows + columns
        try shape.checkedElementCount()
        return [TensorFact(dataType: a.dataType, shape: shape)]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let shape = try inferred(inputs)[0].shape
        let a = try inputs.required(0)
        let b = try inputs.required(1)
        let (left, right, batch) = try matrices(a.shape, b.shape)
        let (rows, depth, columns) = (left[left.count - 2], left[left.count - 1], right[right.count - 1])
        let leftBatch = Array(left.dropLast(2))
        let rightBatch = Array(right.dropLast(2))
        let leftStarts = batch.offsets(strides: leftBatch.broadcastStrides(to: batch)).map { $0 * rows * depth }
        let rightStarts = batch.offsets(strides: rightBatch.broadcastStrides(to: batch)).map { $0 * depth * columns }
        if a.dataType.isFloatingPoint {
            let (x, y) = (a.floats, b.floats)
            let products = zip(leftStarts, rightStarts).flatMap {
                matrixProduct(x, $0, y, $1, rows: rows, depth: depth, columns: columns)
            }
            return [Tensor(products, shape: shape, dataType: a.dataType)]
        }
        let (x, y) = (a.integers, b.integers)
        var products: [Int64] = []
        for (leftStart, rightStart) in zip(leftStarts, rightStarts) {
            for row in 0..<rows {
                for column in 0..<columns {
                    products.append(
                        (0..<depth).reduce(0) { sum, k in
                            sum &+ x[leftStart + row * depth + k] &* y[rightStart + k * columns + column]
                        }
                    )
                }
            }
        }
        return [Tensor(products.map(a.dataType.wrapping), shape: shape, dataType: a.dataType)]
    }
}

/// The product of a row-major [rows, depth] matrix at `aStart` and a [depth, columns] matrix at `bStart`.
func matrixProduct(
    _ a: [Float],
    _ aStart: Int,
    _ b: [Float],
    _ bStart: Int,
    rows: Int,
    depth: Int,
    columns: Int
) -> [Float] {
    var product = [Float](repeating: 0, count: rows * columns)
    for row in 0..<rows {
        for k in 0..<depth {
            let factor = a[aStart + row * depth + k]
            let bRow = bStart + k * columns
            for column in 0..<columns {
                product[row * columns + column] += factor * b[bRow + column]
            }
        }
    }
    return product
}
