// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit
import FaceKit
import Foundation

/// The file that says which of the others count: one line of JSON and one with its checksum, replaced as a whole.
struct GalleryManifest: Codable, Equatable {
    /// What this version writes, and the newest it reads.
    static let formatVersion = 1
    static let fileName = "MANIFEST"
    private static let formatName = "facekit gallery"

    var format = Self.formatName
    var version = Self.formatVersion
    /// Tells this gallery from copies that went their own way since.
    var id: UUID
    /// The number of the snapshot and the log that count.
    var generation: UInt32
    var nameMatching: GalleryConfiguration.NameMatching

    /// Reads the manifest of a folder, `nil` when there is none.
    ///
    /// - Throws: ``FaceError/Code/galleryDamaged``, ``FaceError/Code/unsupportedGallery``.
    static func read(in folder: String) throws -> Self? {
        let path = folder + "/" + fileName
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let file = try StoredFile(path, .read)
        let bytes = try file.read(at: 0, count: 65_536)
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.count == 3, lines[2].isEmpty else {
            throw FaceError(.galleryDamaged, "\(path) has \(lines.count) lines and not 2, from offset 0 on")
        }
        guard String(decoding: lines[1], as: UTF8.self) == checksum(of: lines[0]) else {
            throw FaceError(.galleryDamaged, "the checksum of \(path) is wrong, from offset 0 on")
        }
        struct Version: Decodable {
            var format: String
            var version: Int
        }
        let found: Version
        do { found = try JSONDecoder().decode(Version.self, from: Data(lines[0])) } catch {
            throw FaceError(.unsupportedGallery, "\(path) is no manifest of a gallery", cause: error)
        }
        guard found.format == formatName, (1...formatVersion).contains(found.version) else {
            throw FaceError(
                .unsupportedGallery,
                "\(path) is of the format \(found.format.prefix(40)) \(found.version); this version reads up to "
                    + "\(formatName) \(formatVersion)"
            )
        }
        do { return try JSONDecoder().decode(Self.self, from: Data(lines[0])) } catch {
            throw FaceError(.galleryDamaged, "\(path) lacks an entry, from offset 0 on", cause: error)
        }
    }

    /// Replaces the manifest of a folder; on disk when it returns.
    func write(in folder: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let line = [UInt8](try encoder.encode(self))
        let bytes = line + Array("\n\(Self.checksum(of: line[...]))\n".utf8)
        let temporary = folder + "/" + Self.fileName + ".new"
        let file = try StoredFile(temporary, .create)
        try file.write(bytes, at: 0)
        try file.synchronize()
        try StoredFile.move(temporary, to: folder + "/" + Self.fileName)
        try StoredFile.synchronizeFolder(folder)
    }

    private static func checksum(of line: ArraySlice<UInt8>) -> String {
        let sum = String(Frame.checksum(line), radix: 16)
        return String(repeating: "0", count: 16 - sum.count) + sum
    }
}
