// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

/// The key of a service: the text of a UUID.
public struct APIKey: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The key itself, 36 characters in lower case; never to be logged.
    public let text: String

    /// Makes a random key.
    public init() { text = UUID().uuidString.lowercased() }

    /// Takes a key as it was sent; `nil` when it is not the text of a UUID.
    public init?(_ text: String) {
        guard text.utf8.count == 36, UUID(uuidString: text) != nil else { return nil }
        self.text = text.lowercased()
    }

    /// Whether two keys are the same, compared in constant time.
    public func matches(_ other: APIKey) -> Bool { Secret.matches(text, other.text) }

    /// Hides the key.
    public var description: String { "APIKey" }
}
