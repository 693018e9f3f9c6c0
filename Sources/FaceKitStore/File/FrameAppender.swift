// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit

/// Appends frames to a file.
///
/// What a failed write left behind is cut off again. Where even that fails, or where the disk did not confirm what was
/// written, nobody knows what the file holds: it takes no more frames then, and has to be opened anew.
final class FrameAppender {
    let file: StoredFile
    let number: UInt32
    /// Where the next frame will start.
    private(set) var size: UInt64
    private var sequence: UInt64
    private let numbersFrames: Bool
    private var isUnsure = false

    /// Appends behind `size` bytes that hold `sequence` frames.
    ///
    /// Frames of a file that is not read from its start need no numbers.
    init(_ file: StoredFile, number: UInt32, size: UInt64 = 0, sequence: UInt64 = 0, numbersFrames: Bool = true) {
        self.numbersFrames = numbersFrames
        self.file = file
        self.number = number
        self.size = size
        self.sequence = sequence
    }

    /// Writes frames behind each other without waiting for the disk; returns where each starts.
    @discardableResult
    func append(_ frames: [Frame]) throws -> [UInt64] {
        try requireSure()
        let start = (size, sequence)
        var places: [UInt64] = []
        do {
            for frame in frames {
                guard frame.payload.count <= Frame.maximumPayload else {
                    throw FaceError(
                        .fileUnwritable,
                        "\(frame.payload.count) bytes are too many for one change, which has \(Frame.maximumPayload) at most"
                    )
                }
                let bytes = frame.encoded(file: number, sequence: sequence)
                try file.write(bytes, at: size)
                places.append(size)
                size += UInt64(bytes.count)
                if numbersFrames { sequence += 1 }
            }
        } catch {
            rollBack(to: start)
            throw error
        }
        return places
    }

    /// Returns once what was appended is on disk.
    func synchronize() throws {
        try requireSure()
        do {
            try file.synchronize()
        } catch {
            isUnsure = true
            throw error
        }
    }

    /// A place to go back to.
    var mark: (size: UInt64, sequence: UInt64) { (size, sequence) }

    /// Cuts off what was appended since.
    func rollBack(to mark: (size: UInt64, sequence: UInt64)) {
        do {
            try file.truncate(to: mark.size)
            (size, sequence) = mark
        } catch {
            isUnsure = true
        }
    }

    private func requireSure() throws {
        guard isUnsure else { return }
        throw FaceError(
            .fileUnwritable,
            "\(file.path) could not be written before, and what it holds is not sure; open the gallery anew"
        )
    }
}
