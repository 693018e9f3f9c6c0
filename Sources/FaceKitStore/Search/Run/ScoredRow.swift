// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// A row with what its bytes say of its similarity to a probe.
struct ScoredRow {
    /// View in the upper half, row in the lower.
    var position: UInt64
    /// The similarity is not above this.
    var upper: Float
    /// And not below this.
    var lower: Float

    var view: Int { Int(position >> 32) }
    var row: Int { Int(position & 0xFFFF_FFFF) }
}
