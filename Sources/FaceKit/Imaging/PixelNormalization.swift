// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference

/// How 8-bit RGB becomes a model's input: `(level - mean) * scale` per channel, in the channel order of the model.
package struct PixelNormalization: Hashable, Sendable {
    /// The order of colour planes.
    package enum ChannelOrder: Hashable, Sendable {
        case rgb
        case bgr
    }

    /// The order of the planes; `mean`, `scale` and `padding` follow it.
    package var channelOrder: ChannelOrder
    /// Subtracted from the level, 0...255, one number per plane.
    package var mean: SIMD3<Float>
    /// Multiplied with the difference, one number per plane.
    package var scale: SIMD3<Float>
    /// The level that stands for what lies beyond the picture; normalised like every other.
    package var padding: SIMD3<Float>

    package init(
        channelOrder: ChannelOrder = .rgb,
        mean: SIMD3<Float> = .zero,
        scale: SIMD3<Float> = .one,
        padding: SIMD3<Float> = .zero
    ) {
        self.channelOrder = channelOrder
        self.mean = mean
        self.scale = scale
        self.padding = padding
    }

    /// What the engine takes.
    var levels: PixelPlanes.Levels {
        PixelPlanes.Levels(
            order: channelOrder == .rgb ? [0, 1, 2] : [2, 1, 0],
            mean: mean,
            scale: scale,
            padding: (padding - mean) * scale
        )
    }

    /// What the kernels in C take: three channel indices, means and scales, and the normalised padding.
    func withParameters<Result>(
        _ body: (UnsafePointer<Int32>, UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>) -> Result
    ) -> Result {
        let order: [Int32] = channelOrder == .rgb ? [0, 1, 2] : [2, 1, 0]
        let padding = (padding - mean) * scale
        return body(
            order,
            [mean.x, mean.y, mean.z],
            [scale.x, scale.y, scale.z],
            [padding.x, padding.y, padding.z]
        )
    }
}

extension SIMD3<Float> {
    fileprivate static var one: Self { Self(repeating: 1) }
}
