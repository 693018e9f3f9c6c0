// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

package import FaceKit
import Foundation

/// Folders that only their owner may look into.
package enum PrivateFolder {
    /// Makes a folder, and those on the way to it, where there is none.
    ///
    /// - Parameters:
    ///   - path: Of the folder.
    ///   - purpose: What it is, for the error's message: "the folder for a search index".
    /// - Throws: ``FaceError/Code/fileUnwritable``.
    package static func make(_ path: String, _ purpose: String) throws(FaceError) {
        do {
            try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw FaceError(.fileUnwritable, "\(purpose), \(path), cannot be made", cause: error)
        }
    }
}
