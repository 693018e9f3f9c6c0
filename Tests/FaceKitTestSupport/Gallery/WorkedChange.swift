// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import FaceKit
public import Foundation

/// A change that the process of the kill test makes, as it tells its parent.
public enum WorkedChange: Codable, Hashable, Sendable {
    /// A template whose embedding and picture follow from a number.
    public struct Newcomer: Codable, Hashable, Sendable {
        public var id: UUID
        public var subject: String
        public var seed: Int
        public var pictureSize: Int?

        public init(id: UUID, subject: String, seed: Int, pictureSize: Int?) {
            self.id = id
            self.subject = subject
            self.seed = seed
            self.pictureSize = pictureSize
        }
    }

    case enroll([Newcomer])
    case remove([UUID])
    case removeSubject(String)
    case rename(String, String)
    case note(UUID, Int)
    case compact
    case reembed(String)

    /// The embedding that belongs to a number in a space.
    public static func embedding(_ seed: Int, space: String) throws -> Embedding {
        var random = SeededGenerator(seed: UInt64(seed) &+ UInt64(space.utf8.last ?? 0))
        let dimension = space == "space 1" ? 64 : 96
        return try Embedding(
            space: space,
            normalizing: (0..<dimension).map { _ in Float.random(in: -1...1, using: &random) }
        )
    }

    /// The picture that belongs to a number.
    public static func picture(_ seed: Int, size: Int) -> [UInt8] {
        var random = SeededGenerator(seed: UInt64(seed) &* 3)
        return (0..<size).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }
}
