// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Dispatch

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A value that any number of readers or one writer can see.
///
/// Waiting for the lock and what is done under it block a thread, so both happen on Dispatch's threads and never on
/// those that Swift runs tasks on. A writer that waits goes before readers that come after it, so that searches without
/// end do not keep changes out. Built on a POSIX lock, which the Thread Sanitizer follows.
///
/// `@unchecked Sendable` holds because the value is only touched under the lock, whose address is fixed for the life of
/// the object.
final class Guarded<Value>: @unchecked Sendable {
    private let lock: UnsafeMutablePointer<pthread_rwlock_t>
    private var value: Value

    init(_ value: Value) {
        self.value = value
        lock = .allocate(capacity: 1)
        #if os(Linux) && canImport(Glibc)
            var attributes = pthread_rwlockattr_t()
            pthread_rwlockattr_init(&attributes)
            pthread_rwlockattr_setkind_np(&attributes, Int32(PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP))
            pthread_rwlock_init(lock, &attributes)
            pthread_rwlockattr_destroy(&attributes)
        #else
            pthread_rwlock_init(lock, nil)
        #endif
    }

    deinit {
        pthread_rwlock_destroy(lock)
        lock.deallocate()
    }

    /// Calls `body` with the value while nobody changes it; blocks the calling thread.
    func readBlocking<Result>(_ body: (Value) throws -> Result) rethrows -> Result {
        pthread_rwlock_rdlock(lock)
        defer { pthread_rwlock_unlock(lock) }
        return try body(value)
    }

    /// Calls `body` with the value while nobody else sees it; blocks the calling thread.
    func writeBlocking<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        pthread_rwlock_wrlock(lock)
        defer { pthread_rwlock_unlock(lock) }
        return try body(&value)
    }

    /// Calls `body` with the value while nobody changes it.
    func read<Result: Sendable>(_ body: @escaping @Sendable (Value) throws -> Result) async throws -> Result {
        try await Blocking.run { try self.readBlocking(body) }
    }

    /// Calls `body` with the value while nobody else sees it.
    func write<Result: Sendable>(_ body: @escaping @Sendable (inout Value) throws -> Result) async throws -> Result {
        try await Blocking.run { try self.writeBlocking(body) }
    }
}
