// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension Resize {
    /// Whether every output element is a copy of `input[y / factor][x / factor]` with whole factors.
    ///
    /// - Parameters:
    ///   - scaleInput: The scales that are an input, where they are.
    ///   - from: The input's shape.
    ///   - to: The output's shape, each extent a multiple of the input's.
    /// - Returns: `false` also when that cannot be told.
    func repeatsElements(scales scaleInput: [Float]?, from: [Int], to: [Int]) -> Bool {
        guard mode == .nearest, axes == nil, aspectRatio == .stretch else { return false }
        let factors = zip(to, from).map { Float($0 / $1) }
        let given = scales ?? scaleInput
        // Scales that are not whole may give the same extents, but sample at other places.
        if let given, !given.isEmpty, given != factors { return false }
        switch (coordinateMode, rounding) {
        case (.asymmetric, .down), (.halfPixel, .halfDown), (.halfPixel, .halfUp): return true
        case (.asymmetric, .halfDown): return factors.allSatisfy { $0 <= 2 }
        default: return false
        }
    }
}
