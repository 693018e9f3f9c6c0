// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

/// The key by which a client of the face API names a service or an application: the text of a UUID.
///
/// Its description hides the key, so that it cannot slip into a log; ``text`` shows it.
public struct APIKey: Hashable, Sendable, CustomStringConvertible {
    /// 36 characters, lower case.
    public let text: String

    /// Makes a random key (122 random bits).
    public init() {
        text = UUID().uuidString.lowercased()
    }

    /// - Returns: `nil` unless `text` is a UUID of 36 characters, in any case.
    public init?(_ text: String) {
        guard text.utf8.count == 36, let uuid = UUID(uuidString: text) else { return nil }
        self.text = uuid.uuidString.lowercased()
    }

    /// Whether the keys are equal, in a time that does not depend on where they differ.
    public func matches(_ other: APIKey) -> Bool {
        zip(text.utf8, other.text.utf8).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    public var description: String { "APIKey(hidden)" }
}

extension APIKey: Codable {
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let key = APIKey(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "an API key is a UUID of 36 characters")
            )
        }
        self = key
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
