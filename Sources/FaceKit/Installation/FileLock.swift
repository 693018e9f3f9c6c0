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

/// A lock that one process or task holds at a time; the system releases it when its holder ends, however that happens.
struct FileLock: ~Copyable {
    private let path: String
    private let descriptor: Int32

    /// Waits until the lock is free and takes it.
    ///
    /// - Throws: ``FaceError/Code/fileUnwritable``, or a cancellation error.
    init(at path: String, isWaiting: () -> Void) async throws {
        var saidSo = false
        while true {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
            guard descriptor >= 0 else {
                throw FaceError(
                    .fileUnwritable,
                    "the lock \(path) cannot be created",
                    cause: NSError(domain: NSPOSIXErrorDomain, code: Int(errno))
                )
            }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0, Self.isStill(path, descriptor) {
                self.path = path
                self.descriptor = descriptor
                return
            }
            close(descriptor)
            if !saidSo {
                isWaiting()
                saidSo = true
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Whether the file that was locked is the one of that name and not one that its last holder has removed.
    private static func isStill(_ path: String, _ descriptor: Int32) -> Bool {
        var (held, named) = (stat(), stat())
        return fstat(descriptor, &held) == 0 && stat(path, &named) == 0 && held.st_ino == named.st_ino
            && held.st_dev == named.st_dev
    }

    deinit {
        unlink(path)
        close(descriptor)
    }
}
