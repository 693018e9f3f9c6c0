// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit

/// Faces by their tokens, from the last pictures that were sent; the oldest are forgotten.
actor TemporaryFaces {
    /// A face that was found.
    struct Face: Sendable {
        var embedding: Embedding
        /// The name of its crop.
        var crop: String
    }

    private let limit: Int
    private var faces: [String: Face] = [:]
    private var tokens: [String] = []
    private var oldest = 0

    init(limit: Int) { self.limit = max(1, limit) }

    /// Keeps faces and returns a new token for each.
    func add(_ new: [Face]) -> [String] {
        new.map { face in
            let token = Self.newToken()
            if faces.count >= limit {
                faces[tokens[oldest]] = nil
                tokens[oldest] = token
                oldest = (oldest + 1) % tokens.count
            } else {
                tokens.append(token)
            }
            faces[token] = face
            return token
        }
    }

    /// The face of a token.
    func face(_ token: String) -> Face? { faces[token] }

    /// 24 characters out of 62, about 143 bits.
    private static func newToken() -> String {
        var generator = SystemRandomNumberGenerator()
        return String((0..<24).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] })
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
}
