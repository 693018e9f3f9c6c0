// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file's bytes, mapped read-only.
///
/// `@unchecked Sendable` holds because the mapping is never written to and lives exactly as long as the object.
@safe package final class MappedFile: @unchecked Sendable {
    /// The lengths of all mappings by their addresses.
    private static let mappings = Locked<[UInt: Int]>([:])

    package let path: String
    private let bytes: UnsafeRawBufferPointer

    /// The file's size in bytes when it was mapped.
    package var count: Int { unsafe bytes.count }

    package init(path: String) throws(ModelError) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw ModelError(.unreadable, "cannot open \(path): \(unsafe String(cString: strerror(errno)))")
        }
        defer { _ = close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw ModelError(.unreadable, "\(path) is not a regular file")
        }
        let size = Int(status.st_size)
        self.path = path
        if size == 0 {
            unsafe bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        let address = unsafe mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0)
        guard let address = unsafe address, unsafe address != MAP_FAILED else {
            throw ModelError(.unreadable, "cannot map \(path): \(unsafe String(cString: strerror(errno)))")
        }
        unsafe bytes = UnsafeRawBufferPointer(start: address, count: size)
        let start = UInt(bitPattern: address)
        Self.mappings.withLock { $0[start] = size }
    }

    /// Takes what was read of all mapped files so far out of the process's memory; what is read again comes back from the
    /// system's file cache.
    package static func releasePages() {
        mappings.withLock { mappings in
            for (address, count) in mappings {
                unsafe madvise(UnsafeMutableRawPointer(bitPattern: address), count, Int32(MADV_DONTNEED))
            }
        }
    }

    deinit {
        if let address = unsafe bytes.baseAddress {
            let start = UInt(bitPattern: address)
            Self.mappings.withLock { _ = $0.removeValue(forKey: start) }
            unsafe munmap(UnsafeMutableRawPointer(mutating: address), bytes.count)
        }
    }

    /// Gives `body` the file's bytes for the duration of the call.
    package func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe body(bytes)
    }
}
