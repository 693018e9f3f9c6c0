// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension Image {
    /// Returns the picture turned and mirrored so that what was stored with `orientation` stands upright.
    public func upright(from orientation: ImageOrientation) -> Image {
        let (lastColumn, lastRow) = (width - 1, height - 1)
        // Where the output's first pixel lies, and how far one column and one row of the output move in the input.
        let (start, columnStep, rowStep): (Int, Int, Int)
        switch orientation {
        case .up: return self
        case .upMirrored: (start, columnStep, rowStep) = (lastColumn, -1, width)
        case .down: (start, columnStep, rowStep) = (lastRow * width + lastColumn, -1, -width)
        case .downMirrored: (start, columnStep, rowStep) = (lastRow * width, 1, -width)
        case .leftMirrored: (start, columnStep, rowStep) = (0, width, 1)
        case .right: (start, columnStep, rowStep) = (lastRow * width, -width, 1)
        case .rightMirrored: (start, columnStep, rowStep) = (lastRow * width + lastColumn, -width, -1)
        case .left: (start, columnStep, rowStep) = (lastColumn, width, -1)
        }
        let outputWidth = orientation.exchangesSides ? height : width
        let outputHeight = orientation.exchangesSides ? width : height
        // Square tiles keep the rows that a quarter turn crosses in the cache.
        let side = 32
        let turned = [UInt8](unsafeUninitializedCapacity: pixels.count) { output, count in
            pixels.withUnsafeBufferPointer { input in
                for top in stride(from: 0, to: outputHeight, by: side) {
                    for left in stride(from: 0, to: outputWidth, by: side) {
                        for y in top..<min(top + side, outputHeight) {
                            var from = 3 * (start + y * rowStep + left * columnStep)
                            var to = 3 * (y * outputWidth + left)
                            for _ in left..<min(left + side, outputWidth) {
                                output[to] = input[from]
                                output[to + 1] = input[from + 1]
                                output[to + 2] = input[from + 2]
                                to += 3
                                from += 3 * columnStep
                            }
                        }
                    }
                }
            }
            count = pixels.count
        }
        return Image(width: outputWidth, height: outputHeight, validated: turned)
    }
}
