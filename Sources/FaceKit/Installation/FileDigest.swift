// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Crypto
import FaceKit
import Foundation

/// The SHA-256 of bytes that come piece by piece.
struct FileDigest {
    private var hash = SHA256()

    mutating func update(_ bytes: some DataProtocol) {
        hash.update(data: bytes)
    }

    /// 64 lower-case hexadecimal digits.
    var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: hash.finalize().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
            as: UTF8.self
        )
    }

    /// Reads a file.
    ///
    /// - Throws: ``FaceError/Code/fileUnreadable``.
    static func part(ofFile path: String, as name: String) throws(FaceError) -> ModelCard.Part {
        var (digest, count) = (FileDigest(), 0)
        do {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? file.close() }
            while let piece = try file.read(upToCount: 1 << 20), !piece.isEmpty {
                digest.update(piece)
                count += piece.count
            }
        } catch {
            throw FaceError(.fileUnreadable, "the file \(path) cannot be read", cause: error)
        }
        return ModelCard.Part(file: name, sha256: digest.hexadecimal, bytes: count)
    }
}
