// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit

/// One probe in the forms that an index compares.
struct Probe {
    /// Components, padded with zeros to the layout's stride.
    let vector: [Float]
    let bytes: [Int8]
    /// What the bytes are multiplied by.
    let scale: Float
    /// What the offset of a row's bytes adds to every integer product.
    let offset: Int32
    let code: [UInt64]
    /// The rotated components behind the code as bytes, up to a factor.
    let rotated: [Int8]

    /// Length of the difference between the vector and its bytes.
    private let error: Float
    /// Length of the vector.
    private let length: Float

    init(_ components: [Float], layout: SegmentLayout, rotation: SignRotation) {
        let dimension = layout.dimension
        vector = components + Array(repeating: 0, count: layout.vectorStride - dimension)
        var bytes = [Int8](repeating: 0, count: layout.byteStride)
        var error: Float = 0
        scale = cfk_quantize(components, Int64(dimension), Int64(layout.byteStride), &bytes, &error)
        (self.bytes, self.error) = (bytes, error)
        offset = bytes.reduce(0) { $0 + Int32($1) } * 128
        length = components.reduce(0) { $0 + $1 * $1 }.squareRoot()
        (code, rotated) = Self.rotated(components, rotation)
    }

    /// The code, and the rotated components as bytes.
    private static func rotated(_ components: [Float], _ rotation: SignRotation) -> ([UInt64], [Int8]) {
        let size = rotation.size
        var values = [Float](repeating: 0, count: size)
        var code = [UInt64](repeating: 0, count: size / 64)
        rotation.encode(components, dimension: components.count, scratch: &values, into: &code)
        var bytes = [Int8](repeating: 0, count: size)
        var error: Float = 0
        _ = cfk_quantize(values, Int64(size), Int64(size), &bytes, &error)
        return (code, bytes)
    }

    /// How far the score of bytes can be from the similarity of the vectors.
    ///
    /// For a probe q = q' + e and a row x = x' + f, where q' and x' are the bytes: q·x − q'·x' = e·x + q'·f, which is at
    /// most |e| |x| + |q'| |f|. Rows are of unit length; 1e-4 covers that they are so only nearly, and the rounding of the
    /// products themselves.
    func bound(rowError: Float) -> Float {
        error + (length + error) * rowError + 1e-4
    }
}
