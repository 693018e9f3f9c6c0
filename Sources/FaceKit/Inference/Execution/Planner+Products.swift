// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit

extension Planner {
    /// Multiplications up to which the kernels' own loop is taken.
    private static let smallProduct = 1 << 18

    /// Plans a product of two computed matrices, or of two stacks of them.
    mutating func emitProduct(_ node: Graph.Node) throws(ModelError) -> Bool {
        guard let a = node.input(0), let b = node.input(1), let output = node.output(0), isFloat(a) else {
            return false
        }
        let (left, right) = (shape(of: a), shape(of: b))
        guard left.count >= 2, right.count >= 2 else { return false }
        let (leftBatch, rightBatch) = (Array(left.dropLast(2)), Array(right.dropLast(2)))
        let batch = Array(shape(of: output).dropLast(2))
        let (m, k, n) = (left[left.count - 2], left[left.count - 1], right[right.count - 1])
        var gemm = cfk_gemm()
        (gemm.m, gemm.n, gemm.k) = (Int32(m), Int32(n), Int32(k))
        (gemm.lda, gemm.ldb, gemm.ldc) = (Int64(k), Int64(n), Int64(n))
        gemm.alpha = 1
        // OpenBLAS needs large matrices to be worth its call, and does not know every processor's widest vectors.
        gemm.own_kernel = kernels.level >= .avx512 || m * n * k <= Self.smallProduct ? 1 : 0
        // Which matrix of each operand belongs to each of the output's; one may be used several times.
        let lefts = batch.offsets(strides: leftBatch.broadcastStrides(to: batch))
        let rights = batch.offsets(strides: rightBatch.broadcastStrides(to: batch))
        let count = lefts.count
        guard unsafe kernels.functions.gemm_prepare(&gemm, Int32(count > 1 ? 1 : threadCount)) == CFK_OK else {
            return false
        }
        let (first, second) = (try read(a, in: .planar), try read(b, in: .planar))
        let target = allocate(output, in: .planar)
        let (parameters, run) = unsafe (gemm, kernels.functions.gemm_run)
        let each = Int(gemm.items)
        addStep(
            node.name,
            "MatMul",
            reads: [first, second],
            writes: [target],
            scratchFloats: Int(gemm.scratch_floats),
            cycles: Double(count) * Double(m) * Double(n) * Double(k) / 32,
            phases: [
                Plan.Phase(itemCount: count * each) { state, items, thread in
                    var gemm = parameters
                    for matrix in items.lowerBound / each...(items.upperBound - 1) / each {
                        let begin = max(items.lowerBound, matrix * each) - matrix * each
                        let end = min(items.upperBound, (matrix + 1) * each) - matrix * each
                        var buffers = unsafe cfk_gemm_buffers()
                        unsafe buffers.a = state.reading(first) + lefts[matrix] * m * k
                        unsafe buffers.b = state.reading(second) + rights[matrix] * k * n
                        unsafe buffers.c = state.writing(target) + matrix * m * n
                        unsafe run(&gemm, &buffers, Int64(begin), Int64(end), state.scratch(thread: thread))
                    }
                }
            ]
        )
        return true
    }
}
