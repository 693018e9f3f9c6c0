// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit

/// A whole frame in a file.
struct FoundFrame {
    var kind: Frame.Kind
    var payload: [UInt8]
    /// Where the payload starts in the file.
    var payloadOffset: UInt64
    /// The place of the frame among the others.
    var sequence: UInt64
    var headerChecksum: UInt64

    /// Where a vector lies that starts at this byte of the payload.
    func place(_ offset: Int, in file: VectorPlace.File) -> VectorPlace {
        VectorPlace(file, offset: payloadOffset + UInt64(offset))
    }
}

/// Goes through the frames of a file from its start.
struct FrameReader {
    /// A place where no whole frame lies.
    struct Damage {
        /// Where, in bytes from the start of the file.
        var offset: UInt64
        /// Whether whole frames of the file follow: then this was written once and is lost, and is not just the end of a
        /// write that was cut off.
        var isFollowed: Bool
        var reason: String
    }

    let file: StoredFile
    /// The number that frames of this file carry.
    let number: UInt32
    private let size: UInt64
    /// Where the next frame starts.
    private(set) var mark: FrameMark

    /// Reads a file whose frames carry a number; `digest` stands for the frames of the files before.
    init(_ file: StoredFile, number: UInt32, digest: UInt64 = 0) throws {
        self.file = file
        self.number = number
        mark = FrameMark(digest: digest)
        size = try file.size()
    }

    var offset: UInt64 { mark.offset }

    /// What comes next.
    enum Step {
        case frame(FoundFrame)
        case end
        case damage(Damage)
    }

    /// Reads the frame at ``offset`` and goes behind it, or stays where it is damaged.
    mutating func next() throws -> Step {
        if offset == size { return .end }
        let reason: String
        switch try frame(at: offset) {
        case .success(let found) where found.sequence == mark.sequence:
            mark = mark.advanced(
                bytes: Frame.headerSize + found.payload.count,
                headerChecksum: found.headerChecksum
            )
            return .frame(found)
        case .success(let found):
            reason = "the frame \(found.sequence) is in the place of \(mark.sequence)"
        case .failure(let fault):
            reason = fault.description
        }
        return .damage(
            Damage(offset: offset, isFollowed: try place(after: offset + 1) != nil, reason: reason)
        )
    }

    /// Goes on at the next whole frame behind damage; returns how many bytes were left out, `nil` when there is none.
    mutating func skipDamage() throws -> UInt64? {
        guard let place = try place(after: offset + 1) else { return nil }
        defer { (mark.offset, mark.sequence) = (place.offset, place.sequence) }
        return place.offset - offset
    }

    private struct Fault: Error { var description: String }

    private func frame(at offset: UInt64) throws -> Result<FoundFrame, Fault> {
        let bytes = try file.read(at: offset, count: Frame.headerSize)
        guard bytes.count == Frame.headerSize else {
            return .failure(Fault(description: "\(bytes.count) bytes are too few for a frame"))
        }
        guard let header = Frame.Header(bytes[...]) else {
            return .failure(Fault(description: "there is no header of a frame"))
        }
        guard header.file == number, let kind = Frame.Kind(rawValue: header.kind) else {
            return .failure(Fault(description: "the frame is of file \(header.file) and kind \(header.kind)"))
        }
        let payload = try file.read(at: offset + UInt64(Frame.headerSize), count: header.payloadSize)
        guard payload.count == header.payloadSize else {
            return .failure(
                Fault(description: "the frame has \(payload.count) of its \(header.payloadSize) bytes")
            )
        }
        guard Frame.checksum(payload[...]) == header.checksum else {
            return .failure(Fault(description: "the checksum of a frame of \(payload.count) bytes is wrong"))
        }
        return .success(
            FoundFrame(
                kind: kind,
                payload: payload,
                payloadOffset: offset + UInt64(Frame.headerSize),
                sequence: header.sequence,
                headerChecksum: header.ownChecksum
            )
        )
    }

    /// Finds the next whole frame, from `start` on, that comes later in this file.
    private func place(after start: UInt64) throws -> (offset: UInt64, sequence: UInt64)? {
        let window = 1 << 20
        var start = start
        while start + UInt64(Frame.headerSize) <= size {
            let bytes = try file.read(at: start, count: window)
            guard bytes.count >= Frame.headerSize else { return nil }
            var index = 0
            while index + Frame.headerSize <= bytes.count {
                guard bytes[index] == Frame.magicBytes[0],
                    bytes[index..<index + 4].elementsEqual(Frame.magicBytes),
                    let header = Frame.Header(bytes[index...]), header.file == number, header.sequence >= mark.sequence,
                    case .success = try frame(at: start + UInt64(index))
                else {
                    index += 1
                    continue
                }
                return (start + UInt64(index), header.sequence)
            }
            start += UInt64(index)
        }
        return nil
    }
}
