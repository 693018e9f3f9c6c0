// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// The text of a JSON string, kept as the bytes of the document it came from until somebody reads it.
///
/// Pictures come as strings of megabytes; their base64 is decoded from these bytes without a `String` between.
public struct JSONString: Sendable {
    private enum Content: Sendable {
        case text(String)
        /// UTF-8 without escapes.
        case bytes(ArraySlice<UInt8>)
    }

    private let content: Content

    /// Wraps text.
    public init(_ text: String) { content = .text(text) }

    /// Wraps validated UTF-8 in which nothing is escaped.
    init(unescaped bytes: ArraySlice<UInt8>) { content = .bytes(bytes) }

    /// The text.
    public var text: String {
        switch content {
        case .text(let text): text
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        }
    }

    /// Calls `body` with the text in UTF-8.
    func withUTF8<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        switch content {
        case .text(var text): text.withUTF8(body)
        case .bytes(let bytes): bytes.withUnsafeBufferPointer(body)
        }
    }

    /// The text in UTF-8.
    public var utf8: ArraySlice<UInt8> {
        switch content {
        case .text(let text): ArraySlice(Array(text.utf8))
        case .bytes(let bytes): bytes
        }
    }
}
