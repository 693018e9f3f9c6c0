// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit
package import FaceKitInference

extension Image {
    /// Returns normalised colour planes, [3][paddedHeight][paddedWidth], the picture in the top-left corner.
    ///
    /// - Parameters:
    ///   - normalization: Channel order, mean and scale; also the level of what is padded, black by default.
    ///   - paddedWidth: Columns of the planes, at least the picture's; its own by default.
    ///   - paddedHeight: Rows of the planes, at least the picture's; its own by default.
    /// - Returns: Three planes, row by row, in the channel order of `normalization`.
    package func planarFloats(
        _ normalization: PixelNormalization,
        paddedWidth: Int? = nil,
        paddedHeight: Int? = nil
    ) -> [Float] {
        var planes: [Float] = []
        appendPlanarFloats(normalization, paddedWidth: paddedWidth, paddedHeight: paddedHeight, to: &planes)
        return planes
    }

    /// Returns normalised colour planes that are made where they are read.
    ///
    /// - Parameters:
    ///   - normalization: Channel order, mean and scale; also the level of what is padded.
    ///   - width: Columns of the planes, at least the picture's.
    ///   - height: Rows of the planes, at least the picture's.
    /// - Returns: Three planes in the channel order of `normalization`.
    package func pixelPlanes(_ normalization: PixelNormalization, width: Int, height: Int) -> PixelPlanes {
        PixelPlanes(
            pixels,
            picture: (self.width, self.height),
            width: width,
            height: height,
            levels: normalization.levels
        )
    }

    /// Appends normalised colour planes to `planes`, to build batches of [n][3][height][width].
    package func appendPlanarFloats(
        _ normalization: PixelNormalization,
        paddedWidth: Int? = nil,
        paddedHeight: Int? = nil,
        to planes: inout [Float]
    ) {
        let paddedWidth = paddedWidth ?? width
        let paddedHeight = paddedHeight ?? height
        precondition(
            paddedWidth >= width && paddedHeight >= height,
            "\(width)×\(height) pixels do not fit planes of \(paddedWidth)×\(paddedHeight)"
        )
        Self.append(3 * paddedWidth * paddedHeight, to: &planes) { output in
            normalization.withParameters { order, mean, scale, padding in
                cfk_planes(
                    pixels,
                    Int32(width),
                    Int32(height),
                    order,
                    mean,
                    scale,
                    padding,
                    Int32(paddedWidth),
                    Int32(paddedHeight),
                    output
                )
            }
        }
    }

    /// Appends normalised colour planes of a scaled part of the picture: [3][outputHeight][outputWidth].
    ///
    /// The levels are not rounded between scaling and normalising. What lies outside the picture counts as level 0
    /// before it is scaled, so pixels at the picture's edge blend with black.
    ///
    /// - Parameters:
    ///   - x: Left edge of the part in pixels, possibly negative.
    ///   - y: Top edge of the part in pixels, possibly negative.
    ///   - width: Columns of the part, at least 1.
    ///   - height: Rows of the part, at least 1.
    ///   - outputWidth: Columns of the planes, at least 1.
    ///   - outputHeight: Rows of the planes, at least 1.
    ///   - method: How pixels are weighed.
    ///   - normalization: Channel order, mean and scale.
    ///   - planes: What to append to.
    package func appendPlanarFloats(
        ofRegionX x: Int,
        y: Int,
        width: Int,
        height: Int,
        outputWidth: Int,
        outputHeight: Int,
        method: ResamplingMethod = .area,
        normalization: PixelNormalization,
        to planes: inout [Float]
    ) {
        precondition(
            width > 0 && height > 0 && outputWidth > 0 && outputHeight > 0,
            "a part of \(width)×\(height) cannot become \(outputWidth)×\(outputHeight)"
        )
        let columns = Self.overlap(of: x, width, with: self.width)
        let rows = Self.overlap(of: y, height, with: self.height)
        guard !columns.isEmpty, !rows.isEmpty else {
            let empty = -normalization.mean * normalization.scale
            for channel in 0..<3 {
                planes.append(contentsOf: repeatElement(empty[channel], count: outputWidth * outputHeight))
            }
            return
        }
        let (columnAxis, rowAxis) = Self.axes(
            from: (width, height),
            to: (outputWidth, outputHeight),
            method: method,
            columns: columns,
            rows: rows
        )
        let offset = 3 * ((y + rows.lowerBound) * self.width + x + columns.lowerBound)
        Self.append(3 * outputWidth * outputHeight, to: &planes) { output in
            withScratch(inputColumns: columns.count, outputColumns: outputWidth) { scratch in
                columnAxis.withAxis { columnAxis in
                    rowAxis.withAxis { rowAxis in
                        normalization.withParameters { order, mean, scale, _ in
                            pixels.withUnsafeBufferPointer { pixels in
                                guard let first = pixels.baseAddress else { return }
                                cfk_resample_planes(
                                    first + offset,
                                    3 * self.width,
                                    Int32(columns.count),
                                    columnAxis,
                                    rowAxis,
                                    order,
                                    mean,
                                    scale,
                                    scratch,
                                    output
                                )
                            }
                        }
                    }
                }
            }
        }
    }

    /// Grows `planes` by `count` floats that `body` fills.
    private static func append(
        _ count: Int,
        to planes: inout [Float],
        body: (UnsafeMutablePointer<Float>) -> Void
    ) {
        if planes.isEmpty {
            planes = [Float](unsafeUninitializedCapacity: count) { buffer, filled in
                body(start(of: buffer))
                filled = count
            }
        } else {
            let old = planes.count
            planes.append(contentsOf: repeatElement(0, count: count))
            planes.withUnsafeMutableBufferPointer { body(start(of: $0) + old) }
        }
    }
}
