// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

package import Foundation

extension JSONValue: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}

extension JSONValue {
    /// The text of an object with its keys in order, empty for an empty object; read back by ``object(from:)``.
    ///
    /// - Throws: ``FaceError/Code/invalidMetadata`` for a number that JSON cannot write.
    package static func text(of object: [String: JSONValue]) throws -> Data {
        guard !object.isEmpty else { return Data() }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return try encoder.encode(object)
        } catch {
            throw FaceError(.invalidMetadata, "the metadata of a template cannot be written as JSON", cause: error)
        }
    }

    /// Reads what ``text(of:)`` wrote.
    package static func object(from text: Data) throws -> [String: JSONValue] {
        guard !text.isEmpty else { return [:] }
        do {
            return try JSONDecoder().decode([String: JSONValue].self, from: text)
        } catch {
            throw FaceError(.invalidMetadata, "the metadata of a template is no JSON object", cause: error)
        }
    }
}
