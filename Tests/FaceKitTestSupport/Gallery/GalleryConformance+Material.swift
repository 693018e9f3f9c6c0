// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation

extension GalleryConformance {
    static let space = "conformance@1"
    static let dimension = 24

    /// The unit vector along one axis.
    static func axis(_ index: Int) throws -> Embedding {
        try Embedding(space: space, normalizing: (0..<dimension).map { $0 == index ? 1 : 0 })
    }

    static func randomEmbedding(_ generator: inout SeededGenerator) throws -> Embedding {
        let components = (0..<dimension).map { _ in Float.random(in: -1...1, using: &generator) }
        return try Embedding(space: space, normalizing: components)
    }

    /// A template with everything a template can have.
    static func fullTemplate(_ subject: String, _ embedding: Embedding, index: Int = 0) -> Template {
        Template(
            subject: subject,
            embedding: embedding,
            boundingBox: BoundingBox(x: -1.5, y: 2.25, width: 100.125, height: 0.1),
            quality: 0.1 + Float(index % 8) / 10,
            metadata: [
                "camera": .integer(Int64(index)), "note": "l'été 😀\n\"\\", "big": 9_007_199_254_740_993, "half": 0.5,
                "list": [nil, true, ["deep": [1, 2.25, "x"]]], "": false,
            ],
            enrolled: Date(timeIntervalSince1970: 1_700_000_000.1234 + Double(index))
        )
    }

    /// Bytes that are no picture; a gallery keeps them all the same.
    static func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    static func cosine(_ left: Embedding, _ right: Embedding) -> Double {
        zip(left.vector, right.vector).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }

    static func expect<Value: Equatable>(_ actual: Value, _ expected: Value) throws {
        guard actual == expected else { throw Failure(description: "expected \(expected), got \(actual)") }
    }

    static func expectError(_ code: FaceError.Code, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as FaceError {
            return try expect(error.code, code)
        }
        throw Failure(description: "expected the error \(code), got none")
    }
}
