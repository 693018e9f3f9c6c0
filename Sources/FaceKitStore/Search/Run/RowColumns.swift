// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// The columns of a ``SegmentView`` as addresses: what a search looks at row by row, without counting references.
///
/// Valid as long as the state that the view is from.
struct RowColumns {
    let bytes: UnsafePointer<UInt8>
    let byteStride: Int
    let scales: UnsafePointer<Float>
    let errors: UnsafePointer<Float>
    let keys: UnsafePointer<UInt64>
    let subjects: UnsafePointer<UInt32>
    let vectors: UnsafePointer<Float>?
    let vectorStride: Int

    init(_ view: SegmentView) {
        let segment = view.segment
        bytes = UnsafePointer(segment.bytes)
        byteStride = segment.layout.byteStride
        scales = UnsafePointer(segment.scales)
        errors = UnsafePointer(segment.errors)
        keys = UnsafePointer(segment.keys)
        subjects = view.subjects
        vectors = segment.vectors.map { UnsafePointer($0) }
        vectorStride = segment.layout.vectorStride
    }

    func bytes(row: Int) -> UnsafePointer<UInt8> { bytes + row * byteStride }
}
