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
    /// Returns the tensor [n, 3, `height`, `width`] of pictures laid into planes of that size.
    ///
    /// What a picture does not fill holds the number 0, as it is after scaling.
    ///
    /// - Parameters:
    ///   - images: Pictures that fit into the plane at `left`, `top`.
    ///   - width: Columns of the plane.
    ///   - height: Rows of the plane.
    ///   - left: Columns to leave free on the left.
    ///   - top: Rows to leave free at the top.
    /// - Precondition: No picture reaches beyond the plane.
    package func tensor(of images: [Image], width: Int, height: Int, left: Int = 0, top: Int = 0) -> Tensor {
        let plane = width * height
        var elements = [Float](repeating: 0, count: images.count * 3 * plane)
        for channel in 0..<3 {
            // A byte has 256 values: looking the result up is exact and saves the arithmetic per pixel.
            let table = (0..<256).map { (Float($0) - mean[channel]) * scale[channel] }
            let offset = color == .rgb ? channel : 2 - channel
            for (index, image) in images.enumerated() {
                precondition(
                    left >= 0 && top >= 0 && left + image.width <= width && top + image.height <= height,
                    "the picture reaches beyond the input"
                )
                let start = (index * 3 + channel) * plane + top * width + left
                for row in 0..<image.height {
                    var source = row * image.width * 3 + offset
                    let target = start + row * width
                    for column in 0..<image.width {
                        elements[target + column] = table[Int(image.pixels[source])]
                        source += 3
                    }
                }
            }
        }
        return Tensor(elements, shape: [images.count, 3, height, width])
    }
}
