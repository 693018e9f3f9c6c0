// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

/// Random unit vectors, each made from its number alone, so that millions need no memory.
struct SyntheticFaces: Sendable {
    let dimension: Int
    private let seed: UInt64
    /// Normal numbers by their rank: a lookup for each 16 random bits.
    private let normal: [Float]

    init(dimension: Int, seed: UInt64 = 1) {
        self.dimension = dimension
        self.seed = seed
        normal = (0..<65_536).map { Self.quantile((Double($0) + 0.5) / 65_536) }
    }

    /// The vector of a number.
    func vector(_ number: UInt64) -> [Float] {
        var state = Self.mixed(seed ^ number &* 0xD134_2543_DE82_EF95)
        var vector = [Float](repeating: 0, count: dimension)
        var squares: Float = 0
        for start in stride(from: 0, to: dimension, by: 4) {
            state &+= 0x9E37_79B9_7F4A_7C15
            var bits = Self.mixed(state)
            for index in start..<min(start + 4, dimension) {
                let value = normal[Int(bits & 0xFFFF)]
                vector[index] = value
                squares += value * value
                bits >>= 16
            }
        }
        let scale = 1 / squares.squareRoot()
        for index in vector.indices { vector[index] *= scale }
        return vector
    }

    /// A unit vector at a cosine of `similarity` to the vector of a number.
    func mate(of number: UInt64, similarity: Float) -> [Float] {
        let (face, other) = (vector(number), vector(~number))
        let along = zip(face, other).reduce(0) { $0 + $1.0 * $1.1 }
        let across = zip(face, other).map { $1 - along * $0 }
        let length = across.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let share = (1 - similarity * similarity).squareRoot() / max(length, .leastNormalMagnitude)
        return zip(face, across).map { similarity * $0 + share * $1 }
    }

    /// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
    private static func mixed(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// The standard normal number that the share `p` of them is below, by bisection of the error function.
    private static func quantile(_ p: Double) -> Float {
        var (low, high) = (-6.0, 6.0)
        for _ in 0..<40 {
            let middle = (low + high) / 2
            if 0.5 * erfc(-middle / 2.0.squareRoot()) < p { low = middle } else { high = middle }
        }
        return Float((low + high) / 2)
    }
}
