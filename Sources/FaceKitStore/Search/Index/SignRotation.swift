// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit

/// Turns vectors into sign codes: a random rotation, then one bit for the sign of each component.
///
/// The share of bits in which two codes differ estimates the angle between the vectors, as in random-hyperplane hashing
/// (Charikar, 2002). The rotation is a fast one: three rounds of random signs and a Walsh-Hadamard transform. Vectors are
/// padded with zeros to a power of two, at least 512: short vectors get more bits than they have components, and
/// a code never has fewer than 64 bytes.
struct SignRotation: Sendable {
    /// Bits of a code.
    let size: Int
    private let signs: [Float]
    private let kernels: SearchKernels

    static let rounds = 3

    /// - Parameters:
    ///   - dimension: Components of a vector.
    ///   - seed: Of the random signs; codes of different seeds cannot be compared.
    ///   - kernels: The functions to use.
    init(dimension: Int, seed: UInt64, kernels: SearchKernels) {
        size = Self.size(dimension: dimension)
        self.kernels = kernels
        var state = seed
        signs = (0..<Self.rounds * size).map { _ in Self.next(&state) >> 63 == 0 ? 1 : -1 }
    }

    /// Bits of a code of vectors of this dimension.
    static func size(dimension: Int) -> Int {
        var size = 512
        while size < dimension { size *= 2 }
        return size
    }

    /// Writes the code of `vector` and leaves the rotated components in `scratch`, which has room for `size` floats; `code`
    /// has room for `size / 64` words.
    func encode(
        _ vector: UnsafePointer<Float>,
        dimension: Int,
        scratch: UnsafeMutablePointer<Float>,
        into code: UnsafeMutablePointer<UInt64>
    ) {
        scratch.update(from: vector, count: dimension)
        (scratch + dimension).update(repeating: 0, count: size - dimension)
        signs.withUnsafeBufferPointer { signs in
            guard let first = signs.baseAddress else { return }
            kernels.functions.rotate(scratch, Int64(size), first, Int64(Self.rounds))
        }
        cfk_pack_signs(scratch, Int64(size), code)
    }

    /// SplitMix64 (Steele, Lea and Flood, 2014), so that a seed means the same signs everywhere.
    private static func next(_ state: inout UInt64) -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
