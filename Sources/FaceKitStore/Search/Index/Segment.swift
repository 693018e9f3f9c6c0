// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit

/// A run of rows of a ``SearchIndex``, column by column.
///
/// A row is written once, before any reader is told of it, and never changes; a reader knows how many rows it may look
/// at. That is why `@unchecked Sendable` holds: rows that one thread writes are seen by no other until the index has
/// published them under its lock.
final class Segment: @unchecked Sendable {
    /// Rows of a full segment.
    static let fullCapacity = 65_536

    let layout: SegmentLayout
    let mapping: MemoryMapping
    let codes: UnsafeMutablePointer<UInt64>
    let bytes: UnsafeMutablePointer<UInt8>
    let scales: UnsafeMutablePointer<Float>
    let errors: UnsafeMutablePointer<Float>
    let keys: UnsafeMutablePointer<UInt64>
    let subjects: UnsafeMutablePointer<UInt32>
    /// `nil` where the index does not keep the vectors.
    let vectors: UnsafeMutablePointer<Float>?

    /// Allocates room for `layout.capacity` rows.
    convenience init(_ layout: SegmentLayout) {
        self.init(layout, MemoryMapping(size: layout.size, large: layout.capacity >= Self.fullCapacity))
    }

    init(_ layout: SegmentLayout, _ mapping: MemoryMapping) {
        self.layout = layout
        self.mapping = mapping
        codes = (mapping.base + layout.offset(.codes)).assumingMemoryBound(to: UInt64.self)
        bytes = (mapping.base + layout.offset(.bytes)).assumingMemoryBound(to: UInt8.self)
        scales = (mapping.base + layout.offset(.scales)).assumingMemoryBound(to: Float.self)
        errors = (mapping.base + layout.offset(.errors)).assumingMemoryBound(to: Float.self)
        keys = (mapping.base + layout.offset(.keys)).assumingMemoryBound(to: UInt64.self)
        subjects = (mapping.base + layout.offset(.subjects)).assumingMemoryBound(to: UInt32.self)
        vectors =
            layout.keepsVectors
            ? (mapping.base + layout.offset(.vectors)).assumingMemoryBound(to: Float.self) : nil
    }

    /// The bytes of a row.
    func bytes(row: Int) -> UnsafePointer<UInt8> { UnsafePointer(bytes + row * layout.byteStride) }

    /// The vector of a row, padded with zeros; `nil` where vectors are not kept.
    func vector(row: Int) -> UnsafePointer<Float>? { vectors.map { UnsafePointer($0 + row * layout.vectorStride) } }

    /// Writes a row from a vector of finite components.
    func write(row: Int, key: UInt64, subject: UInt32, vector: [Float], rotation: SignRotation) {
        let (dimension, stride) = (layout.dimension, layout.byteStride)
        (keys[row], subjects[row]) = (key, subject)
        vector.withUnsafeBufferPointer { vector in
            guard let vector = vector.baseAddress else { return }
            let rowBytes = bytes + row * stride
            rowBytes.withMemoryRebound(to: Int8.self, capacity: stride) { signed in
                scales[row] = cfk_quantize(vector, Int64(dimension), Int64(stride), signed, errors + row)
            }
            for index in 0..<stride { rowBytes[index] ^= 128 }
            vectors.map { $0 + row * layout.vectorStride }?.update(from: vector, count: dimension)
            withUnsafeTemporaryAllocation(of: Float.self, capacity: rotation.size) { scratch in
                withUnsafeTemporaryAllocation(of: UInt64.self, capacity: layout.words) { code in
                    guard let scratch = scratch.baseAddress, let code = code.baseAddress else { return }
                    rotation.encode(vector, dimension: dimension, scratch: scratch, into: code)
                    cfk_store_code(code, Int64(layout.words), Int64(row), codes)
                }
            }
        }
    }

    /// Copies a row of another segment of the same dimension, giving it a subject.
    func copy(row source: Int, of other: Segment, subject: UInt32, to row: Int) {
        (keys[row], subjects[row]) = (other.keys[source], subject)
        (scales[row], errors[row]) = (other.scales[source], other.errors[source])
        (bytes + row * layout.byteStride).update(from: other.bytes(row: source), count: layout.byteStride)
        if let vectors, let vector = other.vector(row: source) {
            (vectors + row * layout.vectorStride).update(from: vector, count: layout.vectorStride)
        }
        let words = Int64(layout.words)
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: layout.words) { code in
            guard let code = code.baseAddress else { return }
            cfk_load_code(other.codes, words, Int64(source), code)
            cfk_store_code(code, words, Int64(row), codes)
        }
    }
}
