// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What lies beyond the edges of a convolution's or pooling's input.
package enum Padding: Sendable, Hashable {
    /// Elements before and after the input along each spatial axis.
    case explicit(begin: [Int], end: [Int])
    /// As many that the output is `ceil(input / stride)`; an odd one goes to the end.
    case sameUpper
    /// As many that the output is `ceil(input / stride)`; an odd one goes to the beginning.
    case sameLower
    /// None.
    case valid
}

/// A kernel sliding over the spatial axes of one channel: which input element each tap meets at each output element.
///
/// Convolution and pooling gather along it, transposed convolution scatters against it.
struct SlidingWindow {
    /// A run of output elements along the last axis that one tap fills from equally spaced input elements.
    struct Run {
        /// Which tap, in row-major order of the kernel.
        var tap: Int
        var output: Int
        var input: Int
        var count: Int
    }

    var input: [Int]
    var kernel: [Int]
    var strides: [Int]
    var dilations: [Int]
    var begin: [Int]
    var output: [Int]

    /// Places the window over an input of the given spatial extents.
    ///
    /// Empty `strides` or `dilations` stand for 1 along each axis. With `ceiling` a last window that reaches past the
    /// padding still counts, if it begins before the padding after the input does. Throws
    /// ``ModelError/Code/mismatch`` when the parameters do not fit each other or the input.
    init(
        input: [Int],
        kernel: [Int],
        strides: [Int],
        dilations: [Int],
        padding: Padding,
        ceiling: Bool = false
    ) throws(ModelError) {
        let rank = input.count
        self.input = input
        self.kernel = kernel
        self.strides = strides.isEmpty ? [Int](repeating: 1, count: rank) : strides
        self.dilations = dilations.isEmpty ? [Int](repeating: 1, count: rank) : dilations
        begin = [Int](repeating: 0, count: rank)
        var end = begin
        if case .explicit(let first, let last) = padding, !(first.isEmpty && last.isEmpty) {
            (begin, end) = (first, last)
        }
        guard rank > 0, kernel.count == rank, self.strides.count == rank, self.dilations.count == rank,
            begin.count == rank, end.count == rank
        else {
            throw ModelError(
                .mismatch,
                "kernel \(kernel), strides \(strides), dilations \(dilations) and padding \(padding) "
                    + "do not fit spatial extents \(input)"
            )
        }
        let bound = 1 << 24
        let numbers = input + kernel + self.strides + self.dilations
        guard numbers.allSatisfy({ $0 > 0 && $0 < bound }), (begin + end).allSatisfy({ $0 > -bound && $0 < bound })
        else {
            throw ModelError(
                .mismatch,
                "spatial extents \(input), kernel \(kernel), strides \(strides), dilations \(dilations) or padding "
                    + "\(padding) are not positive or too large"
            )
        }
        try kernel.checkedElementCount()
        output = input
        for axis in 0..<rank {
            let reach = (kernel[axis] - 1) * self.dilations[axis] + 1
            let stride = self.strides[axis]
            switch padding {
            case .sameUpper, .sameLower:
                output[axis] = (input[axis] + stride - 1) / stride
                let total = max((output[axis] - 1) * stride + reach - input[axis], 0)
                begin[axis] = padding == .sameUpper ? total / 2 : (total + 1) / 2
            case .explicit, .valid:
                let room = input[axis] + begin[axis] + end[axis] - reach
                guard room >= 0 else {
                    throw ModelError(
                        .mismatch,
                        "a window of \(reach) does not fit \(input[axis]) elements with padding \(padding)"
                    )
                }
                output[axis] = room / stride + 1
                // A window that would begin in the padding after the input sees nothing and is dropped.
                if ceiling, room % stride != 0, output[axis] * stride < input[axis] + begin[axis] {
                    output[axis] += 1
                }
            }
        }
        let (runs, overflow) = try kernel.elementCount
            .multipliedReportingOverflow(by: Array(output.dropLast()).checkedElementCount())
        guard !overflow, runs <= 1 << 22 else {
            throw ModelError(.tooLarge, "a kernel of \(kernel) over \(output) elements is too much work")
        }
    }

    /// How many elements beyond the input's end the windows reach, along each axis.
    var end: [Int] {
        input.indices.map { axis in
            let reach = (output[axis] - 1) * strides[axis] + (kernel[axis] - 1) * dilations[axis] + 1
            return max(reach - begin[axis] - input[axis], 0)
        }
    }

    /// All runs, tap by tap; taps that meet padding are left out.
    func runs() -> [Run] {
        let rank = input.count
        let last = rank - 1
        let inputStrides = input.rowMajorStrides
        var runs: [Run] = []
        let rows = Array(output.dropLast())
        let rowCount = rows.elementCount
        let rowStrides = rows.rowMajorStrides
        let kernelStrides = kernel.rowMajorStrides
        for tap in 0..<kernel.elementCount {
            let shift = (0..<rank).map { tap / kernelStrides[$0] % kernel[$0] * dilations[$0] - begin[$0] }
            // Along the last axis: 0 <= x * stride + shift < extent.
            let stride = strides[last]
            let lower = shift[last] >= 0 ? 0 : (-shift[last] + stride - 1) / stride
            let room = input[last] - shift[last]
            let upper = min(output[last], room <= 0 ? 0 : (room + stride - 1) / stride)
            guard lower < upper else { continue }
            row: for row in 0..<rowCount {
                var start = lower * stride + shift[last]
                for axis in 0..<last {
                    let position = row / rowStrides[axis] % rows[axis] * strides[axis] + shift[axis]
                    guard position >= 0, position < input[axis] else { continue row }
                    start += position * inputStrides[axis]
                }
                runs.append(
                    Run(tap: tap, output: row * output[last] + lower, input: start, count: upper - lower)
                )
            }
        }
        return runs
    }
}
