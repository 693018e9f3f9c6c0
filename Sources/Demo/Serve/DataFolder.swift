// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation

/// The folder of everything that a server keeps.
enum DataFolder {
    /// Makes the folder, for its owner only, when there is none.
    static func make(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw FaceError(.fileUnwritable, "the data folder \(path) cannot be made", cause: error)
        }
    }

    /// Makes an empty file that only its owner can read, when there is none.
    static func makePrivateFile(_ path: String) throws {
        let manager = FileManager.default
        guard
            manager.fileExists(atPath: path)
                || manager.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
        else { throw FaceError(.fileUnwritable, "the file \(path) cannot be made") }
    }
}
