// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

extension ModelCard {
    /// Reads a card from a file.
    ///
    /// - Throws: ``FaceError/Code/fileUnreadable`` when the file cannot be read, ``FaceError/Code/invalidModelCard``
    ///   with the file and the key when it is not a card.
    public init(contentsOf path: String) throws(FaceError) {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw FaceError(.fileUnreadable, "the model card \(path) cannot be read", cause: error)
        }
        try self.init(decoding: [UInt8](data), from: path)
    }

    /// Reads a card from bytes.
    ///
    /// - Parameters:
    ///   - bytes: JSON in UTF-8.
    ///   - source: Where the bytes come from, for messages.
    /// - Throws: ``FaceError/Code/invalidModelCard`` with the source and the key when the bytes are no card.
    public init(decoding bytes: [UInt8], from source: String) throws(FaceError) {
        do {
            self = try JSONDecoder().decode(ModelCard.self, from: Data(bytes))
        } catch let error as DecodingError {
            throw FaceError(.invalidModelCard, "the model card \(source) is not usable: \(error.fault)")
        } catch {
            throw FaceError(.invalidModelCard, "the model card \(source) is not usable", cause: error)
        }
    }
}

extension DecodingError {
    /// The key and what was wrong with it, in one line.
    fileprivate var fault: String {
        func place(_ path: [any CodingKey]) -> String {
            path.map(\.stringValue).joined(separator: ".")
        }
        return switch self {
        case .keyNotFound(let key, let context): "\(place(context.codingPath + [key])) is missing"
        case .typeMismatch(let type, let context): "\(place(context.codingPath)) is not of type \(type)"
        case .valueNotFound(_, let context): "\(place(context.codingPath)) is null"
        case .dataCorrupted(let context):
            context.codingPath.isEmpty
                ? "it is not JSON" : "\(place(context.codingPath)): \(context.debugDescription)"
        @unknown default: "it cannot be decoded"
        }
    }
}

extension ModelCard: Codable {
    private enum CodingKeys: String, CodingKey {
        case name, task, file, sha256, bytes, license, input, output, outputs, decode, alignment, metric, calibration,
            threshold
    }

    private struct Output: Codable {
        var name: String
    }

    /// The `alignment` of a network that takes the face's box.
    private struct BoxAlignment: Codable {
        var type = "box"
        var margin: Int
    }

    private struct AlignmentKind: Decodable {
        var type: String?
    }

    /// Decodes the keys FaceKit uses; others are ignored.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let sha256 = try container.decode(String.self, forKey: .sha256)
        guard sha256.utf8.count == 64, sha256.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
        else {
            throw DecodingError.dataCorruptedError(
                forKey: .sha256,
                in: container,
                debugDescription: "\"\(sha256)\" is not 64 lower-case hexadecimal digits"
            )
        }
        let bytes = try container.decode(Int.self, forKey: .bytes)
        guard bytes > 0 else {
            throw DecodingError.dataCorruptedError(
                forKey: .bytes,
                in: container,
                debugDescription: "\(bytes) is no size"
            )
        }
        var outputs = try container.decodeIfPresent([Output].self, forKey: .outputs)?.map(\.name)
        if outputs == nil, let output = try container.decodeIfPresent(Output.self, forKey: .output) {
            outputs = [output.name]
        }
        let takesBox = try container.decodeIfPresent(AlignmentKind.self, forKey: .alignment)?.type == "box"
        self.init(
            name: try container.decode(String.self, forKey: .name),
            task: try container.decode(String.self, forKey: .task),
            file: try container.decode(String.self, forKey: .file),
            sha256: sha256,
            bytes: bytes,
            license: try container.decode(String.self, forKey: .license),
            input: try container.decodeIfPresent(ModelInput.self, forKey: .input),
            outputs: outputs ?? [],
            decode: try? container.decodeIfPresent(String.self, forKey: .decode),
            alignment: takesBox ? nil : try container.decodeIfPresent(AlignmentTemplate.self, forKey: .alignment),
            cropMargin: takesBox ? try container.decode(BoxAlignment.self, forKey: .alignment).margin : nil,
            metric: try container.decodeIfPresent(String.self, forKey: .metric),
            calibration: try container.decodeIfPresent(CalibrationTable.self, forKey: .calibration),
            thresholds: try container.decodeIfPresent([String: Float].self, forKey: .threshold) ?? [:]
        )
    }

    /// Encodes the keys FaceKit uses.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(task, forKey: .task)
        try container.encode(file, forKey: .file)
        try container.encode(sha256, forKey: .sha256)
        try container.encode(bytes, forKey: .bytes)
        try container.encode(license, forKey: .license)
        try container.encodeIfPresent(input, forKey: .input)
        try container.encode(outputs.map(Output.init), forKey: .outputs)
        try container.encodeIfPresent(decode, forKey: .decode)
        try container.encodeIfPresent(alignment, forKey: .alignment)
        if let cropMargin { try container.encode(BoxAlignment(margin: cropMargin), forKey: .alignment) }
        try container.encodeIfPresent(metric, forKey: .metric)
        try container.encodeIfPresent(calibration, forKey: .calibration)
        try container.encode(thresholds, forKey: .threshold)
    }
}
