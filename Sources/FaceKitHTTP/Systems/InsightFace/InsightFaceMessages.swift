// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit

/// What `/extract` is asked for.
struct InsightFaceExtraction: Sendable {
    /// Base64, with or without the beginning of a data URI.
    var pictures: [JSONString]
    /// The longest side of a picture that is searched; 0 stands for no limit.
    var maximumSize: Int
    /// What later versions can be asked for besides; `nil` when the answer is in the shape of version 0.1.
    var later: InsightFaceLaterExtraction?

    init(_ json: JSON, isMessagePack: Bool = false, settings: InsightFaceSettings) throws(InsightFaceError) {
        guard json.isObject else { throw InsightFaceError("the body is a JSON object with the key images") }
        guard let images = json["images"], images.isObject else {
            throw InsightFaceError("images: an object is wanted")
        }
        guard let data = images["data"], !data.isNull else {
            throw InsightFaceError(
                images["urls"] ?? images["url"] == nil
                    ? "images.data is missing" : "images.url is not served: send the pictures in images.data"
            )
        }
        switch data {
        case .string(let picture): pictures = [picture]
        case .array(let elements):
            pictures = []
            for (index, element) in elements.enumerated() {
                guard case .string(let picture) = element else {
                    throw InsightFaceError("images.data[\(index)]: base64 is wanted")
                }
                pictures.append(picture)
            }
        default: throw InsightFaceError("images.data: a list of base64 pictures is wanted")
        }
        guard pictures.count <= settings.pictureLimit else {
            throw InsightFaceError("images.data: at most \(settings.pictureLimit) pictures are possible")
        }
        switch json["max_size"] {
        case nil, .null: maximumSize = settings.maximumSize
        case let value?:
            // Later versions have columns and rows.
            let sides = (value.elements ?? [value]).map(\.int)
            guard 1...2 ~= sides.count, sides.allSatisfy({ $0 ?? -1 >= 0 }), let size = sides.compactMap(\.self).max()
            else { throw InsightFaceError("max_size: a whole number from 0 is wanted") }
            maximumSize = min(size, 32_768)
        }
        if maximumSize != 0 { maximumSize = max(16, maximumSize) }
        switch json["api_ver"]?.text ?? json["api_ver"]?.int?.description ?? settings.answerVersion.rawValue {
        case InsightFaceSettings.AnswerVersion.first.rawValue: break
        case InsightFaceSettings.AnswerVersion.later.rawValue:
            later = try InsightFaceLaterExtraction(json, isMessagePack: isMessagePack)
        default: throw InsightFaceError("api_ver: 1 or 2 is wanted")
        }
    }

    /// A face of the answer.
    static func face(_ face: FaceDetection, number: Int, embedding: Embedding?) -> JSON {
        let box = face.boundingBox
        var members: [(name: String, value: JSON)] = []
        if let embedding { members.append(("vec", .floats(embedding.vector))) }
        members.append(("det", .int(number)))
        members.append(("prob", .float(face.confidence)))
        members.append(
            ("bbox", .array([box.x, box.y, box.maxX, box.maxY].map { .int(Int($0.rounded(.towardZero))) }))
        )
        return .object(members)
    }
}

/// What `/ver` is asked for.
struct InsightFaceVerification: Sendable {
    var source: JSONString
    var targets: [JSONString]

    init(_ json: JSON) throws(InsightFaceError) {
        func pictures(_ name: String) throws(InsightFaceError) -> [JSONString] {
            switch json[name]?["data"] {
            case .string(let picture): return [picture]
            case .array(let elements):
                var pictures: [JSONString] = []
                for element in elements {
                    guard case .string(let picture) = element else {
                        throw InsightFaceError("\(name).data: base64 is wanted")
                    }
                    pictures.append(picture)
                }
                return pictures
            default: throw InsightFaceError("\(name).data is missing")
            }
        }
        guard let source = try pictures("source").first else { throw InsightFaceError("source.data is empty") }
        self.source = source
        targets = try pictures("target")
        guard !targets.isEmpty else { throw InsightFaceError("target.data is empty") }
    }
}
