// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension Image {
    /// Returns the picture with another one's pixels where `covered` is not 0.
    ///
    /// - Precondition: Both have one size.
    func replacing(with other: Image, where covered: [UInt8]) -> Image {
        precondition(other.width == width && other.height == height && covered.count == width * height)
        var output = pixels
        for index in covered.indices where covered[index] != 0 {
            for channel in 0..<3 { output[3 * index + channel] = other.pixels[3 * index + channel] }
        }
        return Image(width: width, height: height, validated: output)
    }

    /// Returns the picture with another, smaller one at a place in it.
    ///
    /// - Precondition: The other picture lies within this one.
    func replacing(with other: Image, atX x: Int, y: Int) -> Image {
        precondition(x >= 0 && y >= 0 && x + other.width <= width && y + other.height <= height)
        var output = pixels
        for row in 0..<other.height {
            let start = 3 * ((y + row) * width + x)
            output.replaceSubrange(
                start..<start + 3 * other.width,
                with: other.pixels[3 * row * other.width..<3 * (row + 1) * other.width]
            )
        }
        return Image(width: width, height: height, validated: output)
    }

    /// Returns the picture with another one's pixels by shares, 0 to 1, times `weight`.
    ///
    /// - Precondition: All have one size.
    func blending(_ other: Image, shares: [Float], weight: Float = 1) -> Image {
        precondition(other.width == width && other.height == height && shares.count == width * height)
        let output = [UInt8](unsafeUninitializedCapacity: pixels.count) { output, count in
            for index in shares.indices {
                let share = shares[index] * weight
                for channel in 3 * index..<3 * index + 3 {
                    let (own, new) = (Float(pixels[channel]), Float(other.pixels[channel]))
                    output[channel] = UInt8(own + (new - own) * share + 0.5)
                }
            }
            count = pixels.count
        }
        return Image(width: width, height: height, validated: output)
    }

    /// Returns the picture with its colours brought to the mean and, within bounds, to the spread that another one has
    /// where `shares` are not 0.
    ///
    /// Brightness and the two differences of colour (ITU-R BT.601) are matched each by itself, as E. Reinhard and others,
    /// "Color transfer between images", 2001, do in another space.
    ///
    /// - Precondition: All have one size.
    func matchingColors(of other: Image, where shares: [Float]) -> Image {
        precondition(other.width == width && other.height == height && shares.count == width * height)
        let (own, wanted) = (ColorStatistics(self, where: shares), ColorStatistics(other, where: shares))
        guard let own, let wanted else { return self }
        // A flat face must not be blown up to noise, nor a lively one be flattened.
        var gain = wanted.deviation / own.deviation
        gain.clamp(lowerBound: SIMD3(0.7, 0.6, 0.6), upperBound: SIMD3(1.4, 1.5, 1.5))
        let output = [UInt8](unsafeUninitializedCapacity: pixels.count) { output, count in
            for start in stride(from: 0, to: pixels.count, by: 3) {
                let color = ColorStatistics.opponent(pixels[start], pixels[start + 1], pixels[start + 2])
                let moved = (color - own.mean) * gain + wanted.mean
                let red = moved.x + 1.402 * moved.z
                let green = moved.x - 0.344136 * moved.y - 0.714136 * moved.z
                let blue = moved.x + 1.772 * moved.y
                output[start] = UInt8(min(max(red + 0.5, 0), 255))
                output[start + 1] = UInt8(min(max(green + 0.5, 0), 255))
                output[start + 2] = UInt8(min(max(blue + 0.5, 0), 255))
            }
            count = pixels.count
        }
        return Image(width: width, height: height, validated: output)
    }
}

/// Mean and spread of brightness and colour in a part of a picture.
private struct ColorStatistics {
    let mean: SIMD3<Float>
    let deviation: SIMD3<Float>

    /// `nil` when no pixel counts.
    init?(_ image: Image, where shares: [Float]) {
        var (sum, squares, weight) = (SIMD3<Double>.zero, SIMD3<Double>.zero, 0.0)
        for index in shares.indices where shares[index] > 0 {
            let color = SIMD3<Double>(
                Self.opponent(image.pixels[3 * index], image.pixels[3 * index + 1], image.pixels[3 * index + 2])
            )
            let share = Double(shares[index])
            sum += share * color
            squares += share * color * color
            weight += share
        }
        guard weight > 0 else { return nil }
        let mean = sum / weight
        let variance = squares / weight - mean * mean
        self.mean = SIMD3<Float>(mean)
        deviation = SIMD3<Float>(variance.replacing(with: 1, where: variance .< 1).squareRoot())
    }

    /// Brightness, and how far blue and red stand out from it.
    static func opponent(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> SIMD3<Float> {
        let (red, green, blue) = (Float(red), Float(green), Float(blue))
        let brightness = 0.299 * red + 0.587 * green + 0.114 * blue
        return SIMD3(brightness, (blue - brightness) / 1.772, (red - brightness) / 1.402)
    }
}
