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
    private(set) var mark: FrameMark
    private let numbersFrames: Bool
    /// Whether the file may hold more or less than ``mark`` says.
    private(set) var isUnsure = false

    /// Appends behind a mark.
    ///
    /// Frames of a file that is not read from its start need no numbers.
    init(_ file: StoredFile, number: UInt32, mark: FrameMark = .init(), numbersFrames: Bool = true) {
        self.numbersFrames = numbersFrames
        self.file = file
        self.number = number
        self.mark = mark
    }

    /// Bytes that are written.
    var size: UInt64 { mark.offset }

    /// Writes frames behind each other without waiting for the disk; returns where each starts.
    @discardableResult
    func append(_ frames: [Frame]) throws -> [UInt64] {
        try requireSure()
        let start = mark
        var places: [UInt64] = []
        do {
            for frame in frames {
                guard frame.payload.count <= Frame.maximumPayload else {
                    throw FaceError(
                        .fileUnwritable,
                        "\(frame.payload.count) bytes are too many for one change, which has \(Frame.maximumPayload) at most"
                    )
                }
                let (bytes, checksum) = frame.encoded(file: number, sequence: numbersFrames ? mark.sequence : 0)
                try file.write(bytes, at: mark.offset)
                places.append(mark.offset)
                mark = mark.advanced(bytes: bytes.count, headerChecksum: checksum)
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

    /// Cuts off what was appended since.
    func rollBack(to mark: FrameMark) {
        do {
            try file.truncate(to: mark.offset)
            self.mark = mark
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
