// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Floats in aligned memory, written once when they are made: packed weights, biases, tables.
///
/// `@unchecked Sendable` holds because nothing writes to the memory after `init` has returned.
@safe package final class PackedFloats: @unchecked Sendable {
    package let count: Int
    private let memory: UnsafeMutablePointer<Float>

    /// - Parameters:
    ///   - count: Floats to take.
    ///   - fill: Writes all of them; before, they are whatever the memory held. That fresh memory is first touched here
    ///     spreads its clearing by the system over the threads that fill it.
    package init(count: Int, _ fill: (UnsafeMutablePointer<Float>) -> Void) {
        self.count = count
        unsafe memory = AlignedMemory.allocate(count: count)
        unsafe fill(memory)
    }

    /// Copies `floats`, followed by zeros up to `paddedCount`.
    package convenience init(_ floats: [Float], paddedCount: Int? = nil) {
        let count = max(floats.count, paddedCount ?? 0)
        unsafe self.init(count: count) { memory in
            unsafe floats.withUnsafeBufferPointer { source in
                guard let start = source.baseAddress else { return }
                unsafe memory.initialize(from: start, count: source.count)
            }
            unsafe (memory + floats.count).initialize(repeating: 0, count: count - floats.count)
        }
    }

    deinit {
        unsafe AlignedMemory.free(memory)
    }

    /// The first float; valid as long as the object lives.
    package var pointer: UnsafePointer<Float> { unsafe UnsafePointer(memory) }
}

extension PackedFloats: Hashable {
    package static func == (left: PackedFloats, right: PackedFloats) -> Bool { left === right }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(ObjectIdentifier(self))
    }
}

/// Memory for vectors: aligned to cache lines, large blocks to huge pages.
package enum AlignedMemory {
    private static let cacheLine = 64
    private static let hugePage = 2 << 20

    /// Takes memory for `count` floats; the contents are undefined.
    package static func allocate(count: Int) -> UnsafeMutablePointer<Float> {
        let byteCount = max(count, 1) * MemoryLayout<Float>.stride
        let isLarge = byteCount >= hugePage / 2
        var address: UnsafeMutableRawPointer?
        let status = unsafe posix_memalign(&address, isLarge ? hugePage : cacheLine, byteCount)
        guard status == 0, let address = unsafe address else {
            preconditionFailure("no memory for \(byteCount) bytes")
        }
        #if os(Linux)
            if isLarge {
                // Streaming weights through 4 KiB pages costs up to a fifth of the time of a layer; a refusal does no harm.
                unsafe madvise(address, byteCount, Int32(MADV_HUGEPAGE))
            }
        #endif
        return unsafe address.bindMemory(to: Float.self, capacity: max(count, 1))
    }

    package static func free(_ memory: UnsafeMutablePointer<Float>) {
        #if canImport(Glibc)
            unsafe Glibc.free(memory)
        #elseif canImport(Musl)
            unsafe Musl.free(memory)
        #else
            unsafe Darwin.free(memory)
        #endif
    }
}
