// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// A unit-length vector, comparable only with vectors of the same ``space``.
public struct Embedding: Hashable, Sendable {
    /// Names the model and its weights, such as `"face_reidentification_retail_0095@2ac8b503"`.
    public let space: String
    /// Components; their squares sum to 1.
    public let vector: [Float]

    /// Creates an embedding by scaling `vector` to unit length.
    ///
    /// - Throws: ``FaceError/Code/invalidEmbedding`` when the vector is empty, all zero or not finite.
    public init(space: String, normalizing vector: [Float]) throws(FaceError) {
        let length = Self.length(of: vector)
        guard length.isFinite, length > 0 else {
            throw FaceError(
                .invalidEmbedding,
                "a vector of \(vector.count) components and length \(length) has no direction"
            )
        }
        self.space = space
        self.vector = vector.map { Float(Double($0) / length) }
    }

    /// The length of a vector as a network gives it.
    static func length(of vector: [Float]) -> Double {
        vector.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    }
}

extension Embedding: CustomStringConvertible {
    /// The space and the dimension; never the components, which identify a person.
    public var description: String { "Embedding(\(space), \(vector.count) dimensions)" }
}

extension Embedding: CustomReflectable {
    /// Keeps the components out of `dump` and of debug output.
    public var customMirror: Mirror {
        Mirror(self, children: ["space": space, "dimensions": vector.count], displayStyle: .struct)
    }
}
