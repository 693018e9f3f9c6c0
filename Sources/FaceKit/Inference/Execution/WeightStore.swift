// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit

/// The packed weights of one network, made when a plan first needs them and shared by all its plans.
package final class WeightStore: Sendable {
    /// What was packed, and how.
    package struct Key: Hashable, Sendable {
        /// The constant in the network's graph.
        var value: Graph.ValueID
        /// The form: an algorithm's number, a vector, a blocked or planar matrix.
        var form: Int32
        /// Tells apart what one constant is cut into.
        var part = 0
        /// How the layer reads the constant: one constant may be the weights of layers with other groups or strides, of
        /// a product and of the product with its transpose.
        var reading: [Int] = []
    }

    /// Forms beside the numbers of the convolution algorithms, which are not negative.
    static let vectorForm: Int32 = -1
    static let denseForm: Int32 = -2

    private let packed = Locked<[Key: PackedFloats]>([:])

    package init() {}

    /// Bytes of all packed weights.
    package var byteCount: Int {
        packed.withLock { $0.values.reduce(0) { $0 + $1.count * MemoryLayout<Float>.stride } }
    }

    /// Returns what was packed under `key`, packing it first when it is not there.
    func floats(for key: Key, pack: () -> PackedFloats) -> PackedFloats {
        if let found = packed.withLock({ $0[key] }) { return found }
        // Packing goes on outside the lock: two plans made at once may both pack, and the second result is dropped.
        let made = pack()
        return packed.withLock { store in
            if let found = store[key] { return found }
            store[key] = made
            return made
        }
    }
}
