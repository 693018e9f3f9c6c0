// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

package import FaceKitInference

/// How a picture becomes a network's input: size, colour order and value range, as a model card says.
public struct ModelInput: Hashable, Sendable {
    /// The order of the colour planes.
    public enum ColorOrder: String, Hashable, Sendable, Codable {
        case rgb = "RGB"
        case bgr = "BGR"
    }

    /// Columns; `nil` when any number goes.
    public var width: Int?
    /// Rows; `nil` when any number goes.
    public var height: Int?
    /// The order of the planes.
    public var color: ColorOrder
    /// Subtracted from the pixel values 0...255 before scaling, one number for each plane in the order of ``color``.
    public var mean: [Float]
    /// Multiplied with the difference, one number for each plane in the order of ``color``.
    public var scale: [Float]

    /// Creates a description of an input.
    ///
    /// - Precondition: `mean` and `scale` have three numbers each.
    public init(width: Int?, height: Int?, color: ColorOrder, mean: [Float], scale: [Float]) {
        precondition(mean.count == 3 && scale.count == 3, "three planes need three numbers each")
        self.width = width
        self.height = height
        self.color = color
        self.mean = mean
        self.scale = scale
    }
}

extension ModelInput {
    /// What the picture room needs to know to make planes.
    package var normalization: PixelNormalization {
        PixelNormalization(
            channelOrder: color == .rgb ? .rgb : .bgr,
            mean: SIMD3(mean[0], mean[1], mean[2]),
            scale: SIMD3(scale[0], scale[1], scale[2])
        )
    }

    /// Returns the tensor [1, 3, `height`, `width`] of a picture that is still being made, in the top-left corner of its
    /// planes, which are black where it does not reach.
    ///
    /// - Precondition: The picture is not wider than `width` or higher than `height`.
    package func tensor(of pixels: ArrivingPixels, width: Int, height: Int) -> Tensor {
        Tensor(PixelPlanes(pixels, width: width, height: height, levels: normalization.levels))
    }

    /// Returns the tensor [n, 3, `height`, `width`] of pictures in the top-left corners of their planes, which are
    /// black where the picture does not reach.
    ///
    /// - Precondition: No picture is wider than `width` or higher than `height`.
    package func tensor(of images: [Image], width: Int, height: Int) -> Tensor {
        if let image = images.first, images.count == 1, !image.pixels.isEmpty {
            return Tensor(image.pixelPlanes(normalization, width: width, height: height))
        }
        var planes: [Float] = []
        for image in images {
            image.appendPlanarFloats(normalization, paddedWidth: width, paddedHeight: height, to: &planes)
        }
        return Tensor(planes, shape: [images.count, 3, height, width])
    }
}
