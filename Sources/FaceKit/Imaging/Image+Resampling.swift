// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit

extension Image {
    /// Returns the picture scaled to `width` by `height` pixels; the aspect ratio may change.
    ///
    /// - Parameters:
    ///   - width: Columns of the result, at least 1.
    ///   - height: Rows of the result, at least 1.
    ///   - method: How pixels are weighed. Values are rounded to the nearest level.
    /// - Returns: A picture of the given size.
    public func resized(width: Int, height: Int, method: ResamplingMethod = .area) -> Image {
        precondition(width > 0 && height > 0, "a picture cannot be resized to \(width)×\(height)")
        if width == self.width, height == self.height { return self }
        // Here these two methods come to the mean of four pixels.
        if method != .bicubic, width * 2 == self.width, height * 2 == self.height { return halved() }
        let (columns, rows) = Self.axes(
            from: (self.width, self.height),
            to: (width, height),
            method: method,
            columns: 0..<self.width,
            rows: 0..<self.height
        )
        let output = [UInt8](unsafeUninitializedCapacity: width * height * 3) { output, count in
            withScratch(inputColumns: self.width, outputColumns: width) { scratch in
                columns.withAxis { columns in
                    rows.withAxis { rows in
                        cfk_resample_rgb(
                            pixels,
                            self.width * 3,
                            Int32(self.width),
                            columns,
                            rows,
                            scratch,
                            start(of: output)
                        )
                    }
                }
            }
            count = width * height * 3
        }
        return Image(width: width, height: height, validated: output)
    }

    private func halved() -> Image {
        let (width, height) = (width / 2, height / 2)
        let output = [UInt8](unsafeUninitializedCapacity: width * height * 3) { output, count in
            cfk_halve_rgb(pixels, Int32(width), Int32(height), start(of: output))
            count = width * height * 3
        }
        return Image(width: width, height: height, validated: output)
    }

    /// Returns a part of the picture; what lies outside it is black.
    ///
    /// - Parameters:
    ///   - x: Left edge in pixels, possibly negative.
    ///   - y: Top edge in pixels, possibly negative.
    ///   - width: Columns of the result, at least 1.
    ///   - height: Rows of the result, at least 1.
    /// - Returns: A picture of the given size.
    public func cropped(x: Int, y: Int, width: Int, height: Int) -> Image {
        precondition(width > 0 && height > 0, "a picture cannot be cropped to \(width)×\(height)")
        let columns = Self.overlap(of: x, width, with: self.width)
        let rows = Self.overlap(of: y, height, with: self.height)
        var output = [UInt8](repeating: 0, count: width * height * 3)
        guard !columns.isEmpty, !rows.isEmpty else { return Image(width: width, height: height, validated: output) }
        output.withUnsafeMutableBytes { output in
            pixels.withUnsafeBytes { input in
                for row in rows {
                    let from = 3 * ((y + row) * self.width + x + columns.lowerBound)
                    let line = input[from..<from + 3 * columns.count]
                    output[(3 * (row * width + columns.lowerBound))...].copyBytes(from: line)
                }
            }
        }
        return Image(width: width, height: height, validated: output)
    }

    /// The part of `0..<extent`, counted from `start` in the picture, that lies within `0..<limit` there.
    static func overlap(of start: Int, _ extent: Int, with limit: Int) -> Range<Int> {
        let lower = min(max(0, 0.subtractingClamped(start)), extent)
        let upper = min(max(lower, limit.subtractingClamped(start)), extent)
        return lower..<upper
    }

    static func axes(
        from input: (width: Int, height: Int),
        to output: (width: Int, height: Int),
        method: ResamplingMethod,
        columns: Range<Int>,
        rows: Range<Int>
    ) -> (columns: ResamplingAxis, rows: ResamplingAxis) {
        if method == .bicubic {
            return (
                .cubic(input: input.width, output: output.width, available: columns),
                .cubic(input: input.height, output: output.height, available: rows)
            )
        }
        let shrinks = output.width <= input.width && output.height <= input.height
        if method == .area, shrinks {
            return (
                .covering(input: input.width, output: output.width, available: columns),
                .covering(input: input.height, output: output.height, available: rows)
            )
        }
        let keepsExtent = method == .area
        return (
            .interpolating(
                input: input.width,
                output: output.width,
                keepsExtent: keepsExtent,
                available: columns
            ),
            .interpolating(
                input: input.height,
                output: output.height,
                keepsExtent: keepsExtent,
                available: rows
            )
        )
    }
}

extension Int {
    /// The difference, or the nearest integer that exists.
    fileprivate func subtractingClamped(_ other: Int) -> Int {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other < 0 ? .max : .min) : difference
    }
}

/// The first element of a buffer that is known not to be empty.
func start<Element>(of buffer: UnsafeMutableBufferPointer<Element>) -> UnsafeMutablePointer<Element> {
    guard let start = buffer.baseAddress else { preconditionFailure("pixel buffers are never empty") }
    return start
}

/// Lends the memory that the resamplers work in.
func withScratch(inputColumns: Int, outputColumns: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) {
    let count = cfk_resample_scratch(Int32(inputColumns), Int32(outputColumns))
    withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { body(start(of: $0)) }
}
