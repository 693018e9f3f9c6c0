// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// An open file, closed with the object.
///
/// Errors name the file and the system's reason. Reading at a place is safe from any number of threads; writing is for
/// one at a time.
final class StoredFile: Sendable {
    let path: String
    private let descriptor: Int32

    enum Mode {
        case read
        /// Read and write; the file exists.
        case update
        /// Read and write; a file that exists is emptied.
        case create
    }

    /// - Throws: ``FaceError/Code/fileUnreadable`` or ``FaceError/Code/fileUnwritable``.
    init(_ path: String, _ mode: Mode) throws {
        self.path = path
        let flags =
            switch mode {
            case .read: O_RDONLY
            case .update: O_RDWR
            case .create: O_RDWR | O_CREAT | O_TRUNC
            }
        descriptor = open(path, flags | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.error(mode == .read ? .fileUnreadable : .fileUnwritable, path) }
    }

    deinit {
        // A child process between its birth and its program has a copy of the descriptor, which would keep the lock.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    /// The present length in bytes.
    func size() throws -> UInt64 {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.error(.fileUnreadable, path) }
        return UInt64(status.st_size)
    }

    /// Returns `count` bytes from `offset` on, or fewer at the end of the file.
    func read(at offset: UInt64, count: Int) throws -> [UInt8] {
        // An empty array made so writes its count, 0, to what all empty arrays share: a race, if one without effect.
        guard count > 0 else { return [] }
        return try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = try read(at: offset, into: UnsafeMutableRawBufferPointer(buffer))
        }
    }

    /// Fills a buffer with what is from `offset` on; returns how many bytes that were, fewer at the end of the file.
    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard let base = buffer.baseAddress else { return 0 }
        var filled = 0
        while filled < buffer.count {
            let got = pread(descriptor, base + filled, buffer.count - filled, off_t(offset) + off_t(filled))
            if got < 0, errno == EINTR { continue }
            if got < 0 { throw Self.error(.fileUnreadable, path) }
            if got == 0 { break }
            filled += got
        }
        return filled
    }

    /// Writes all bytes at `offset`.
    func write(_ bytes: [UInt8], at offset: UInt64) throws {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress! + written, bytes.count - written, off_t(offset) + off_t(written))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.error(.fileUnwritable, path) }
            written += count
        }
    }

    /// Returns once everything written is on disk.
    func synchronize() throws {
        #if canImport(Darwin)
            let result = fcntl(descriptor, F_FULLFSYNC)
        #else
            let result = fdatasync(descriptor)
        #endif
        guard result == 0 else { throw Self.error(.fileUnwritable, path) }
    }

    /// Cuts the file.
    func truncate(to size: UInt64) throws {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw Self.error(.fileUnwritable, path) }
    }

    /// Takes the lock that only one open file has at a time; returns false when another one has it.
    ///
    /// The lock goes with the object, and with the process whatever ends it.
    func tryLock() throws -> Bool {
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
        guard errno == EWOULDBLOCK else { throw Self.error(.fileUnwritable, path) }
        return false
    }

    /// Returns once the entries of a folder (names of new, moved and deleted files) are on disk.
    static func synchronizeFolder(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw error(.fileUnwritable, path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw error(.fileUnwritable, path) }
    }

    /// Gives a file another name, in place of a file that has it.
    static func move(_ path: String, to target: String) throws {
        guard rename(path, target) == 0 else { throw error(.fileUnwritable, target) }
    }

    static func error(_ code: FaceError.Code, _ path: String, _ number: Int32 = errno) -> FaceError {
        let reason = String(cString: strerror(number))
        let verb = code == .fileUnreadable ? "read" : "written"
        return FaceError(code, "\(path) cannot be \(verb) (\(reason))")
    }
}
