// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import FaceKit

extension ModelFile {
    /// Reads the files of the model and compares them with the card.
    ///
    /// - Throws: ``FaceError/Code/invalidModel`` with the file and both hashes when one is not what the card says,
    ///   ``FaceError/Code/fileUnreadable``.
    public func verify() throws(FaceError) {
        for (path, part) in zip(paths, card.parts) {
            let found = try FileDigest.part(ofFile: path, as: part.file)
            guard found == part else {
                throw FaceError(
                    .invalidModel,
                    "the model file \(path) has \(found.bytes) bytes with the SHA-256 \(found.sha256), its card says"
                        + " \(part.bytes) with \(part.sha256): fetch it again (facekit models pull \(card.name))"
                )
            }
        }
    }

    /// Whether the files are what the card says.
    func isWhole() throws(FaceError) -> Bool {
        do throws(FaceError) {
            try verify()
            return true
        } catch {
            guard error.code == .invalidModel else { throw error }
            return false
        }
    }
}
