// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Floating-point elements computed anew each time they are read.
///
/// Weights that passes change (scaled by a batch normalisation, say) are kept this way: packing reads them once, and
/// no second copy of the model's weights stays in memory.
package final class DerivedElements: Sendable {
    package let count: Int
    private let compute: @Sendable () -> [Float]

    /// - Parameters:
    ///   - count: Number of elements.
    ///   - compute: Returns `count` floats, the same at each call.
    package init(count: Int, _ compute: @escaping @Sendable () -> [Float]) {
        self.count = count
        self.compute = compute
    }

    package func floats() -> [Float] {
        let floats = compute()
        precondition(floats.count == count)
        return floats
    }
}
