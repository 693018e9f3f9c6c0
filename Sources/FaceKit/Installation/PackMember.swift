// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit
import FaceKit
import FaceKitInference
import Foundation

/// A file in a pack, which is a zip archive.
///
/// The names in an archive choose what is unpacked and never where it goes.
struct PackMember {
    private static let pieceSize = 1 << 20

    private let archive: MappedFile
    private let entry: ZipArchive.Entry
    private let name: String

    /// Finds the file whose name, without the folders before it, is `name`.
    ///
    /// - Throws: ``FaceError/Code/downloadFailed`` when there is none, several, or one that cannot be unpacked.
    init(named name: String, in archive: MappedFile) throws(FaceError) {
        self.name = name
        self.archive = archive
        let path = archive.path
        let entries: [String: ZipArchive.Entry]
        do throws(ModelError) {
            entries = try ZipArchive(archive).entries
        } catch {
            throw FaceError(.downloadFailed, "the pack \(path) cannot be opened: \(error.message)")
        }
        let found = entries.filter { $0.key == name || $0.key.hasSuffix("/\(name)") }
        guard found.count == 1, let entry = found.first?.value else {
            throw FaceError(.downloadFailed, "the pack \(path) holds \(found.count) files \(name)")
        }
        guard [0, 8].contains(entry.method), !entry.isEncrypted else {
            throw FaceError(
                .downloadFailed,
                "\(name) in the pack \(path) is encrypted or packed by the method \(entry.method); known are 0 and 8"
            )
        }
        self.entry = entry
    }

    /// The size of the unpacked file.
    var size: Int { entry.size }

    /// Unpacks the file.
    ///
    /// - Throws: ``FaceError/Code/downloadFailed`` when the pack is damaged, ``FaceError/Code/fileUnwritable``.
    func unpack(into file: inout PartialFile) throws(FaceError) {
        let checksum = try entry.method == 0 ? copy(into: &file) : inflate(into: &file)
        guard file.count == entry.size else {
            throw damaged("\(file.count) bytes came out, stated are \(entry.size)")
        }
        guard checksum == entry.checksum else { throw damaged("its checksum does not fit") }
    }

    private func piece(_ range: Range<Int>) -> [UInt8] {
        archive.withBytes { Array($0[range]) }
    }

    private func damaged(_ reason: String) -> FaceError {
        FaceError(.downloadFailed, "\(name) in the pack is damaged: \(reason)")
    }

    private func copy(into file: inout PartialFile) throws(FaceError) -> UInt32 {
        var checksum: UInt32 = 0
        var offset = entry.range.lowerBound
        while offset < entry.range.upperBound {
            let bytes = piece(offset..<min(offset + Self.pieceSize, entry.range.upperBound))
            checksum = cfk_crc32(checksum, bytes, bytes.count)
            try file.append(bytes)
            offset += bytes.count
        }
        return checksum
    }

    private func inflate(into file: inout PartialFile) throws(FaceError) -> UInt32 {
        guard let inflater = cfk_inflater_create() else { throw damaged("no memory to unpack it") }
        defer { cfk_inflater_free(inflater) }
        var checksum: UInt32 = 0
        var offset = entry.range.lowerBound
        var output = [UInt8](repeating: 0, count: Self.pieceSize)
        var status = cfk_inflate_status.more
        while status == .more {
            let input = piece(offset..<min(offset + Self.pieceSize, entry.range.upperBound))
            var (taken, made) = (input.count, output.count)
            // The addresses of empty arrays are not null, and nothing is read there.
            status = cfk_inflater_run(inflater, input, &taken, &output, &made)
            guard status != .damaged, taken > 0 || made > 0 || status == .end else {
                throw damaged(status == .damaged ? "it cannot be unpacked" : "it ends too early")
            }
            offset += taken
            // What the archive states is also what may come out: a small archive must not fill a disk.
            guard made <= entry.size - file.count else {
                throw damaged("more comes out than the \(entry.size) bytes stated")
            }
            checksum = cfk_crc32(checksum, output, made)
            try file.append(output[..<made])
        }
        return checksum
    }
}
