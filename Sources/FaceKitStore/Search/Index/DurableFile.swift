// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Writes files that are whole or not there at all.
enum DurableFile {
    /// Writes under another name, waits for the disk, and moves the file into place.
    ///
    /// - Throws: ``FaceError/Code/fileUnwritable``; the file that was there before is then still there.
    static func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws(FaceError) {
        let temporary = path + ".new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("created", path) }
        var done = 0
        while done < bytes.count {
            let written = Self.write(descriptor, bytes, from: done)
            if written < 0, errno == EINTR { continue }
            guard written > 0 else {
                let error = failure("written", path)
                close(descriptor)
                unlink(temporary)
                throw error
            }
            done += written
        }
        guard fsync(descriptor) == 0 else {
            let error = failure("flushed to disk", path)
            close(descriptor)
            unlink(temporary)
            throw error
        }
        close(descriptor)
        guard rename(temporary, path) == 0 else {
            let error = failure("moved into place", path)
            unlink(temporary)
            throw error
        }
        // The name is on disk once the folder is.
        let folder = open(
            path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/"),
            O_RDONLY
        )
        if folder >= 0 {
            fsync(folder)
            close(folder)
        }
    }

    private static func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        guard let base = bytes.baseAddress else { return 0 }
        #if canImport(Glibc)
            return Glibc.write(descriptor, base + start, bytes.count - start)
        #elseif canImport(Musl)
            return Musl.write(descriptor, base + start, bytes.count - start)
        #else
            return Darwin.write(descriptor, base + start, bytes.count - start)
        #endif
    }

    private static func failure(_ what: String, _ path: String) -> FaceError {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        return FaceError(
            .fileUnwritable,
            "the search index's file \(name) could not be \(what): \(String(cString: strerror(errno)))"
        )
    }
}
