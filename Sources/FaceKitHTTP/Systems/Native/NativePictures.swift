// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit

/// A picture of a request to the native API.
struct NativePicture: Sendable {
    /// What answers and messages call it.
    var name: String
    /// Its file.
    var bytes: [UInt8]
}

extension SystemRequest {
    /// The fields besides pictures, in a query string or a form.
    private static let fieldNames = [
        "subject", "limit", "threshold", "min_confidence", "attributes", "weight", "fuser",
    ]

    /// Reads pictures and fields from a form or from JSON.
    ///
    /// - Parameters:
    ///   - names: The names of form fields and JSON members that hold pictures; a member is base64 or a list of it.
    ///   - settings: The limits.
    /// - Returns: The pictures by their field's name, and the other fields.
    /// - Throws: When the body cannot be read, or holds something else than pictures there.
    func pictures(
        _ names: [String],
        settings: NativeSettings
    ) async throws -> (pictures: [String: [NativePicture]], fields: [String: JSON]) {
        var pictures: [String: [NativePicture]] = [:]
        var fields: [String: JSON] = [:]
        for name in Self.fieldNames {
            if let value = query[name] { fields[name] = .text(value) }
        }
        if isMultipart {
            let form = try await form(.init(body: settings.bodyLimit, fileNames: Set(names)))
            for file in form.files {
                pictures[file.name, default: []].append(
                    NativePicture(name: file.fileName.isEmpty ? file.name : file.fileName, bytes: file.bytes)
                )
            }
            for name in Self.fieldNames {
                if let value = form.fields[name] { fields[name] = .text(value) }
            }
        } else if isJSON {
            let json = try await json(limit: settings.bodyLimit)
            guard case .object(let members) = json else { throw NativeError.invalid("the body is a JSON object") }
            for (name, value) in members {
                guard names.contains(name) else {
                    fields[name] = value
                    continue
                }
                pictures[name] = try Self.pictures(value, name)
            }
        } else {
            throw RequestBodyError.wrongContentType(mediaType)
        }
        let count = pictures.values.map(\.count).reduce(0, +)
        guard count <= settings.pictureLimit else {
            throw NativeError.invalid("\(count) pictures are more than the \(settings.pictureLimit) that are possible")
        }
        return (pictures, fields)
    }

    private static func pictures(_ value: JSON, _ name: String) throws -> [NativePicture] {
        func picture(_ value: JSON, _ label: String) throws -> NativePicture {
            guard case .string(let text) = value, let bytes = Base64.decodePicture(text.utf8) else {
                throw NativeError.invalid("\(label): a picture in base64 is wanted")
            }
            return NativePicture(name: label, bytes: bytes)
        }
        guard let elements = value.elements else { return [try picture(value, name)] }
        return try elements.enumerated().map { try picture($0.element, "\(name)[\($0.offset)]") }
    }
}

/// Fields of a request to the native API, read with clear errors.
struct NativeFields {
    private let fields: [String: JSON]

    init(_ fields: [String: JSON]) { self.fields = fields }

    /// A number within a range.
    func number(_ name: String, default fallback: Float, in range: ClosedRange<Float>) throws -> Float {
        guard let value = fields[name], !value.isNull else { return fallback }
        guard let number = value.double.map({ Float($0) }) ?? value.text.flatMap({ Float($0) }), range.contains(number)
        else {
            throw NativeError.invalid("\(name): a number from \(range.lowerBound) to \(range.upperBound) is wanted")
        }
        return number
    }

    /// A whole number within a range.
    func int(_ name: String, default fallback: Int, in range: ClosedRange<Int>) throws -> Int {
        guard let value = fields[name], !value.isNull else { return fallback }
        guard let number = value.int ?? value.text.flatMap({ Int($0) }), range.contains(number) else {
            throw NativeError.invalid(
                "\(name): a whole number from \(range.lowerBound) to \(range.upperBound) is wanted"
            )
        }
        return number
    }

    /// Text that must be there.
    func text(_ name: String) throws -> String {
        guard let value = try optionalText(name), !value.isEmpty else {
            throw NativeError.invalid("\(name) is missing")
        }
        return value
    }

    /// Text that may be missing.
    func optionalText(_ name: String) throws -> String? {
        guard let value = fields[name], !value.isNull else { return nil }
        guard let text = value.text else { throw NativeError.invalid("\(name): text is wanted") }
        return text
    }

    /// A list of names, or one text with commas between them.
    func names(_ name: String) throws -> [String]? {
        guard let value = fields[name], !value.isNull else { return nil }
        if let text = value.text { return text.split(separator: ",").map { String($0.trimmingSpace()) } }
        guard let texts = value.elements?.map(\.text), !texts.contains(where: { $0 == nil }) else {
            throw NativeError.invalid("\(name): a list of names is wanted")
        }
        return texts.compactMap(\.self)
    }
}
