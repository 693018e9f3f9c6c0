// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A picture's pixels that are made row by row from the top, while the rows that are there are read already.
///
/// What makes them is called once, by ``arrive()``: by a network that begins while they come, or by whoever needs them
/// all. Kernels wait for the row they come to.
///
/// `@unchecked Sendable` holds because rows are only read after the count of rows says that they are there.
@safe package final class ArrivingPixels: @unchecked Sendable {
    /// Columns.
    package let width: Int
    /// Rows.
    package let height: Int
    /// Red, green and blue of each pixel, row by row from the top.
    let pixels: UnsafePointer<UInt8>
    /// How many rows are there; C's atomic operations change and read it.
    let rowsThere: UnsafeMutablePointer<Int32>

    private let make: (_ rowsThere: UnsafeMutablePointer<Int32>) -> Void
    private let hasBegun = Atomic(false)
    private let areAllThere = Atomic(false)

    /// - Parameters:
    ///   - width: Columns, at least 1.
    ///   - height: Rows, at least 1.
    ///   - pixels: `3 * width * height` bytes, which outlive the object.
    ///   - make: Writes the bytes and, as they come, how many rows are there, by atomic stores that release them. Where it
    ///     fails it returns early: then readers see whatever the bytes were, and their results are to be thrown away.
    package init(
        width: Int,
        height: Int,
        pixels: UnsafePointer<UInt8>,
        make: @escaping (_ rowsThere: UnsafeMutablePointer<Int32>) -> Void
    ) {
        precondition(width >= 1 && 1...Int(Int32.max) ~= height)
        self.width = width
        self.height = height
        unsafe self.pixels = pixels
        unsafe rowsThere = .allocate(capacity: 1)
        unsafe rowsThere.initialize(to: 0)
        unsafe self.make = make
    }

    deinit {
        unsafe rowsThere.deallocate()
    }

    /// Makes the pixels, or waits for who does, and returns when all are there.
    package func arrive() {
        if hasBegun.exchange(true, ordering: .acquiringAndReleasing) {
            while !areAllThere.load(ordering: .acquiring) { usleep(20) }
        } else {
            unsafe make(rowsThere)
            unsafe cfk_set_rows_there(rowsThere, Int32(height))
            areAllThere.store(true, ordering: .releasing)
        }
    }
}
