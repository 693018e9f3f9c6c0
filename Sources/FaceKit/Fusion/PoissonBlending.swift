// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit
import Foundation

extension Image {
    /// Blends a patch into the picture in the gradient domain: within the mask the patch's gradients count, outside the
    /// picture's own, and at the edges of a rectangle about the mask nothing changes.
    ///
    /// The equation of P. Pérez, M. Gangnet, A. Blake, "Poisson image editing", 2003, on the rectangle about the mask
    /// rather than on the mask, as OpenCV's `seamlessClone` solves it, whose results these are up to rounding. The
    /// change against the picture is solved for, with zero at the edges, by sine transforms along the rows and
    /// elimination along the columns.
    ///
    /// - Parameters:
    ///   - patch: As large as the picture; looked at within the mask and one pixel beyond it.
    ///   - mask: For every pixel of the picture, 1 where the patch counts, and other numbers to 0 in between.
    /// - Returns: A picture of the same size.
    /// - Throws: ``FaceError/Code/imageTooLarge`` when memory runs out.
    /// - Precondition: Patch and mask have the picture's size.
    package func blendingGradients(of patch: Image, mask: [Float]) throws(FaceError) -> Image {
        precondition(
            patch.width == width && patch.height == height && mask.count == width * height,
            "a patch of \(patch.width)×\(patch.height) for a picture of \(width)×\(height)"
        )
        guard let region = Self.region(of: mask, width: width, height: height) else { return self }
        // The rows of the grid are made longer to a length that transforms fast; what lies beyond does not change.
        let columns = Int(cfk_smooth_extent(Int32(region.columns.count + 1))) - 1
        let rows = region.rows.count
        let changes = try Self.solved(channels: 3) { channel throws(FaceError) in
            var values = [Float](repeating: 0, count: columns * rows)
            accumulateDivergence(of: patch, mask: mask, channel: channel, in: region, columns: columns, into: &values)
            guard cfk_poisson_solve(&values, Int32(columns), Int32(rows)) == 0 else {
                throw FaceError(.imageTooLarge, "no memory to blend a region of \(columns)×\(rows) pixels")
            }
            return values
        }
        var output = pixels
        for (channel, values) in changes.enumerated() {
            for row in 0..<rows {
                let start = 3 * ((region.rows.lowerBound + row) * width + region.columns.lowerBound) + channel
                for column in 0..<region.columns.count {
                    let index = start + 3 * column
                    let level = Float(pixels[index]) + values[row * columns + column]
                    output[index] = UInt8(min(max(level.rounded(), 0), 255))
                }
            }
        }
        return Image(width: width, height: height, validated: output)
    }

    /// Solves the channels side by side.
    private static func solved(
        channels: Int,
        _ solve: @Sendable (Int) throws(FaceError) -> [Float]
    ) throws(FaceError) -> [[Float]] {
        do {
            return try ConcurrentWork.map(
                count: channels,
                workers: min(channels, ProcessInfo.processInfo.activeProcessorCount)
            ) { channel in try solve(channel) }
        } catch let error as FaceError {
            throw error
        } catch {
            preconditionFailure("solving throws no other error than its own: \(error)")
        }
    }

    /// The divergence of the mask times the difference of the gradients: forward differences, then backward ones.
    private func accumulateDivergence(
        of patch: Image,
        mask: [Float],
        channel: Int,
        in region: (columns: Range<Int>, rows: Range<Int>),
        columns: Int,
        into values: inout [Float]
    ) {
        pixels.withUnsafeBufferPointer { own in
            patch.pixels.withUnsafeBufferPointer { other in
                for row in region.rows {
                    let line = (row - region.rows.lowerBound) * columns - region.columns.lowerBound
                    for column in region.columns {
                        let place = row * width + column
                        let share = mask[place]
                        guard share > 0 else { continue }
                        let index = 3 * place + channel
                        let here = Float(other[index]) - Float(own[index])
                        // Into the pixel to the right and the one below, where there is one.
                        if column + 1 < width {
                            let step = share * (Float(other[index + 3]) - Float(own[index + 3]) - here)
                            values[line + column] += step
                            if column + 1 < region.columns.upperBound { values[line + column + 1] -= step }
                        }
                        if row + 1 < height {
                            let below = index + 3 * width
                            let step = share * (Float(other[below]) - Float(own[below]) - here)
                            values[line + column] += step
                            if row + 1 < region.rows.upperBound { values[line + columns + column] -= step }
                        }
                    }
                }
            }
        }
    }

    /// The rectangle about what is not 0.
    private static func region(
        of mask: [Float],
        width: Int,
        height: Int
    ) -> (columns: Range<Int>, rows: Range<Int>)? {
        var (left, right, top, bottom) = (width, -1, height, -1)
        for row in 0..<height {
            for column in 0..<width where mask[row * width + column] > 0 {
                (left, right) = (min(left, column), max(right, column))
                (top, bottom) = (min(top, row), max(bottom, row))
            }
        }
        guard right >= 0 else { return nil }
        // The differences across its edge need one more pixel, and a margin lets the change fade.
        let margin = 2
        return (
            max(0, left - margin)..<min(width, right + margin + 1),
            max(0, top - margin)..<min(height, bottom + margin + 1)
        )
    }
}
