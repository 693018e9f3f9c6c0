// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit
import FaceKit

/// A checksummed piece of a file: a header of 40 bytes and its payload.
///
/// Numbers are little-endian. Offset 0: the letters `FKG1`; 4: ``Kind``; 8: the number of the file that the frame
/// belongs to, so that what a disk kept of an older file is not taken for a part of this one; 12: bytes of the payload;
/// 16: the frame's place in its file, from 0; 24: XXH64 of the payload; 32: XXH64 of the 32 bytes before.
struct Frame {
    enum Kind: UInt32 {
        /// Changes that happened together.
        case changes = 1
        /// The first frame of a snapshot.
        case snapshot = 2
        case subjects = 3
        case templates = 4
        case staged = 5
        /// The last frame of a snapshot.
        case end = 6
        /// A picture with the id of its template.
        case picture = 7
        /// The log was closed in order; what follows was written later.
        case closed = 8
    }

    static let headerSize = 40
    /// The most bytes of a payload.
    static let maximumPayload = 1 << 30
    private static let magic: UInt32 = 0x3147_4B46

    var kind: Kind
    var payload: [UInt8]

    /// The bytes of the frame, and the checksum of its header.
    func encoded(file: UInt32, sequence: UInt64) -> (bytes: [UInt8], headerChecksum: UInt64) {
        var writer = RecordWriter(capacity: Self.headerSize + payload.count)
        writer.write(Self.magic)
        writer.write(kind.rawValue)
        writer.write(file)
        writer.write(UInt32(payload.count))
        writer.write(sequence)
        writer.write(Self.checksum(payload[...]))
        let headerChecksum = Self.checksum(writer.bytes[...])
        writer.write(headerChecksum)
        writer.write(bytes: payload)
        return (writer.bytes, headerChecksum)
    }

    /// What stands for all frames up to one: made from what stood for those before it and the checksum of its header,
    /// which has that of its payload.
    static func digest(_ digest: UInt64, with header: UInt64) -> UInt64 {
        var writer = RecordWriter(capacity: 16)
        writer.write(digest)
        writer.write(header)
        return checksum(writer.bytes[...])
    }

    static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.withUnsafeBytes { cfk_checksum($0.baseAddress, Int64($0.count)) }
    }

    /// A header whose own checksum is right.
    struct Header {
        var kind: UInt32
        var file: UInt32
        var payloadSize: Int
        var sequence: UInt64
        /// Of the payload.
        var checksum: UInt64
        /// Of the header itself.
        var ownChecksum: UInt64

        init?(_ bytes: ArraySlice<UInt8>) {
            guard bytes.count >= Frame.headerSize else { return nil }
            var reader = RecordReader(bytes.prefix(Frame.headerSize))
            guard let magic = try? reader.readUInt32(), magic == Frame.magic,
                let kind = try? reader.readUInt32(), let file = try? reader.readUInt32(),
                let size = try? reader.readUInt32(), let sequence = try? reader.readUInt64(),
                let checksum = try? reader.readUInt64(), let own = try? reader.readUInt64(),
                own == Frame.checksum(bytes.prefix(32)), size <= Frame.maximumPayload
            else { return nil }
            (self.kind, self.file, self.sequence) = (kind, file, sequence)
            (self.checksum, ownChecksum) = (checksum, own)
            payloadSize = Int(size)
        }
    }

    /// The first four bytes of every frame.
    static let magicBytes: [UInt8] = [0x46, 0x4B, 0x47, 0x31]
}

/// A place between two frames of a file.
struct FrameMark: Hashable, Sendable {
    /// In bytes from the start of the file.
    var offset: UInt64 = 0
    /// How many frames come before.
    var sequence: UInt64 = 0
    /// What stands for the frames before: see ``Frame/digest(_:with:)``.
    var digest: UInt64 = 0

    /// The same behind another frame.
    func advanced(bytes: Int, headerChecksum: UInt64) -> Self {
        Self(
            offset: offset + UInt64(bytes),
            sequence: sequence + 1,
            digest: Frame.digest(digest, with: headerChecksum)
        )
    }
}
