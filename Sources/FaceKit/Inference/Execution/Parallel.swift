// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Splits `0..<count` over the pool, or runs it in one piece when there is no pool or it is busy.
func parallel(_ pool: WorkerPool?, count: Int, _ body: @Sendable (Range<Int>) -> Void) {
    let lease = pool?.lease()
    switch lease {
    case .some(let held): held.run(count: count) { item, _ in body(item..<item + 1) }
    case .none: body(0..<count)
    }
    lease?.end()
}

extension PackedFloats {
    /// Makes packed floats from `source` by work items that write to disjoint elements.
    ///
    /// - Parameters:
    ///   - count: Floats to make.
    ///   - source: What the work items read.
    ///   - items: Number of work items.
    ///   - pool: Shares the items, where there is one.
    ///   - work: Reads the source, writes the result, for a range of items; all items together write every float.
    convenience init(
        count: Int,
        from source: [Float],
        items: Int,
        pool: WorkerPool?,
        _ work: @escaping @Sendable (UnsafePointer<Float>, UnsafeMutablePointer<Float>, Range<Int>) -> Void
    ) {
        unsafe self.init(count: count) { target in
            unsafe source.withUnsafeBufferPointer { buffer in
                guard let start = buffer.baseAddress else { return }
                let (from, to) = unsafe (UnsafeSendable(start), UnsafeSendable(target))
                parallel(pool, count: items) { unsafe work(from.value, to.value, $0) }
            }
        }
    }
}

/// Carries a pointer to work items that share nothing they write; whoever makes it keeps the memory alive meanwhile.
@unsafe private struct UnsafeSendable<Pointer>: @unchecked Sendable {
    let value: Pointer

    init(_ value: Pointer) { unsafe self.value = value }
}
