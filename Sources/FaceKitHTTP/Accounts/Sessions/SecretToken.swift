// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Crypto
public import Foundation

/// A random secret that is shown once; the store keeps its digest only.
public struct SecretToken: Sendable, CustomStringConvertible {
    /// 43 characters of the URL-safe base64 alphabet: 256 random bits.
    public let text: String

    public init() {
        let bytes = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }
        text = bytes.base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// A token as it came from outside.
    public init(_ text: String) {
        self.text = text
    }

    /// SHA-256 of the text; 32 bytes.
    ///
    /// Looking it up tells nothing about the token by its time.
    public var digest: Data { Self.digest(of: text) }

    public static func digest(of text: String) -> Data { Data(SHA256.hash(data: Data(text.utf8))) }

    public var description: String { "SecretToken(hidden)" }
}

extension APIKey {
    /// SHA-256 of the key's text, by which stores find it.
    public var digest: Data { SecretToken.digest(of: text) }
}
