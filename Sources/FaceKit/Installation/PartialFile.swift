// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

package import FaceKit
package import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file that grows under a name of its own until it is whole, and then takes the name it is for.
///
/// What was written stays when the process ends, so that a later one goes on from there.
package struct PartialFile: ~Copyable {
    private let path: String
    private let descriptor: Int32
    private(set) var digest = FileDigest()
    package private(set) var count = 0

    /// Opens the file and reads what an earlier process left.
    ///
    /// - Throws: ``FaceError/Code/fileUnwritable``.
    package init(at path: String, keepingContent: Bool) throws(FaceError) {
        self.path = path
        let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (keepingContent ? 0 : O_TRUNC)
        descriptor = open(path, flags, 0o644)
        guard descriptor >= 0 else { throw Self.failure(path) }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while keepingContent {
            let length = read(descriptor, &buffer, buffer.count)
            guard length >= 0 else { throw Self.failure(path) }
            if length == 0 { break }
            digest.update(buffer[..<length])
            count += length
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Adds bytes at the end.
    package mutating func append(_ bytes: some DataProtocol & ContiguousBytes) throws(FaceError) {
        let isWritten = bytes.withUnsafeBytes { bytes in
            var offset = 0
            while offset < bytes.count {
                let length = write(descriptor, bytes.baseAddress! + offset, bytes.count - offset)
                if length < 0, errno == EINTR { continue }
                if length <= 0 { return false }
                offset += length
            }
            return true
        }
        guard isWritten else {
            let failure = Self.failure(path)
            // The length must stay the one that the digest is of.
            ftruncate(descriptor, off_t(count))
            lseek(descriptor, 0, SEEK_END)
            throw failure
        }
        digest.update(bytes)
        count += bytes.count
    }

    /// Starts over.
    mutating func clear() throws(FaceError) {
        guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else { throw Self.failure(path) }
        digest = FileDigest()
        count = 0
    }

    /// Gives the file its final name, in place of a file that may have it; afterwards nothing can be appended.
    func move(to target: String) throws(FaceError) {
        guard fsync(descriptor) == 0, rename(path, target) == 0 else { throw Self.failure(target) }
    }

    /// Removes the file.
    func remove() {
        unlink(path)
    }

    private static func failure(_ path: String) -> FaceError {
        FaceError(
            .fileUnwritable,
            "the file \(path) cannot be written",
            cause: NSError(domain: NSPOSIXErrorDomain, code: Int(errno))
        )
    }
}
