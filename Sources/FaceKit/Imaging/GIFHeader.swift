// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Walks the blocks of a GIF (CompuServe's GIF89a specification) up to the first frame.
enum GIFHeader {
    static func read(_ bytes: [UInt8]) throws(FaceError) -> ImageHeader {
        let reader = ByteReader(bytes, isLittleEndian: true)
        guard let screenWidth = reader.integer(at: 6, bytes: 2), let screenHeight = reader.integer(at: 8, bytes: 2),
            let flags = reader.integer(at: 10, bytes: 1)
        else { throw FaceError(.invalidImage, "GIF of \(bytes.count) bytes ends within its header") }
        guard screenWidth > 0, screenHeight > 0 else {
            throw FaceError(.invalidImage, "GIF header gives a size of \(screenWidth)×\(screenHeight) pixels")
        }
        // A colour table of 3 bytes per colour follows where the highest bit says so.
        var position = 13 + (flags & 0x80 != 0 ? 3 << (flags & 7 + 1) : 0)
        while let introducer = reader.integer(at: position, bytes: 1) {
            switch introducer {
            case 0x21:
                position += 2
                while let length = reader.integer(at: position, bytes: 1), length > 0 { position += 1 + length }
                position += 1
            case 0x2C:
                guard let left = reader.integer(at: position + 1, bytes: 2),
                    let top = reader.integer(at: position + 3, bytes: 2),
                    let width = reader.integer(at: position + 5, bytes: 2),
                    let height = reader.integer(at: position + 7, bytes: 2)
                else { throw truncated(bytes) }
                guard width > 0, height > 0 else {
                    throw FaceError(.invalidImage, "GIF frame has a size of \(width)×\(height) pixels")
                }
                // Frames that reach beyond the screen extend it.
                return try ImageHeader(
                    format: .gif,
                    width: max(screenWidth, left + width),
                    height: max(screenHeight, top + height),
                    orientation: .up
                )
            default:
                throw FaceError(.invalidImage, "GIF has no frame before its block of kind \(introducer)")
            }
        }
        throw truncated(bytes)
    }

    private static func truncated(_ bytes: [UInt8]) -> FaceError {
        FaceError(.invalidImage, "GIF is truncated: its \(bytes.count) bytes end before the first frame")
    }
}
