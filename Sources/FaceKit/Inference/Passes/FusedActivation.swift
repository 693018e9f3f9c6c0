// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// An activation that the kernels apply while the results are still in registers.
package enum FusedActivation: Sendable, Hashable {
    case none, relu
    /// `max(x, 0) + slope * min(x, 0)` with one slope per output channel.
    case prelu
    case clip(low: Float, high: Float)

    /// The activation of one value, as the reference computes it.
    func callAsFunction(_ value: Float, slope: Float) -> Float {
        switch self {
        case .none: value
        case .relu: value > 0 ? value : 0
        case .prelu: value > 0 ? value : value * slope
        case .clip(let low, let high): min(max(value, low), high)
        }
    }
}
