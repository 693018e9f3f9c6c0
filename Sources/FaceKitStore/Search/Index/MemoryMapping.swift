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

/// Memory from the operating system: anonymous and writable, or a file's.
///
/// `@unchecked Sendable` holds because the address is fixed until the last reference is gone; who writes where is up to
/// the owner.
final class MemoryMapping: @unchecked Sendable {
    let base: UnsafeMutableRawPointer
    let size: Int
    let isWritable: Bool

    /// Allocates zeros; pages take memory when they are first written.
    ///
    /// - Parameters:
    ///   - size: Bytes.
    ///   - large: Asks for large pages, which make scans faster.
    init(size: Int, large: Bool) {
        guard let base = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0), base != MAP_FAILED
        else {
            // As when an array cannot be allocated.
            fatalError("no memory for \(size) bytes of a search index")
        }
        #if os(Linux)
            if large { _ = madvise(base, size, MADV_HUGEPAGE) }
        #endif
        (self.base, self.size, isWritable) = (base, size, true)
    }

    /// Maps a file for reading.
    ///
    /// - Throws: ``SearchIndexFault`` when it is not there or not of this size. A file that is shortened later by someone
    ///   else would end the process on access, as with any mapping.
    init(file path: String, size: Int) throws(SearchIndexFault) {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw .damaged("\(name) cannot be opened: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, Int(facts.st_size) == size else {
            throw .damaged("\(name) has \(facts.st_size) bytes instead of \(size)")
        }
        guard let base = mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0), base != MAP_FAILED else {
            throw .damaged("\(name) cannot be mapped: \(String(cString: strerror(errno)))")
        }
        (self.base, self.size, isWritable) = (base, size, false)
    }

    deinit {
        munmap(base, size)
    }

    /// Starts reading a part that will soon be needed.
    func prefetch(offset: Int, size: Int) {
        _ = madvise(base + offset, size, MADV_WILLNEED)
    }
}
