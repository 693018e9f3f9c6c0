// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit

/// The faces of a picture as CompreFace tells of them.
struct CompreFaceFaces: Sendable {
    /// A face and what was found out about it.
    struct Face: Sendable {
        var detection: FaceDetection
        var embedding: Embedding?
        var attributes: FaceAttributes
    }

    /// Largest first.
    var faces: [Face]
    /// Milliseconds by plugin, of all faces together.
    var times: [String: Double]
    /// Columns and rows of the picture.
    var size: (width: Int, height: Int)

    /// Finds the faces of a picture.
    ///
    /// - Throws: 28 when there is none, also when the picture cannot be decoded.
    init(
        in bytes: [UInt8],
        _ parameters: CompreFaceParameters,
        embeds: Bool,
        _ work: FaceWork
    ) throws {
        // The original knows no orientation, and its boxes are those of the picture as stored.
        let found = try work.withPicture(bytes, appliesOrientation: false) { source in
            try Self(in: source, parameters, embeds: embeds, work)
        }
        guard let found else { throw CompreFaceError.noFace }
        self = found
    }

    private init(
        in source: ImageSource,
        _ parameters: CompreFaceParameters,
        embeds: Bool,
        _ work: FaceWork
    ) throws {
        size = (source.width, source.height)
        if parameters.detectsFaces {
            let detections = try work.detect(
                in: source,
                minimumConfidence: parameters.confidence.nextUp,
                order: .area,
                limit: parameters.limit
            )
            guard !detections.isEmpty else { throw CompreFaceError.noFace }
            let embeddings: [Embedding?] =
                embeds ? try work.embed(detections, in: source) : detections.map { _ in nil }
            let attributes = try work.attributes(of: detections, in: source)
            faces = zip(detections, zip(embeddings, attributes)).map {
                Face(detection: $0, embedding: $1.0, attributes: $1.1)
            }
        } else {
            let whole = FaceDetection(
                boundingBox: BoundingBox(x: 0, y: 0, width: Float(size.width), height: Float(size.height)),
                confidence: 1
            )
            // A picture taken for a face as it is has neither a pose nor a mask, as in the original.
            var attributes = try work.attributes(of: [whole], in: source)[0]
            attributes.pose = nil
            attributes.mask = nil
            faces = [
                Face(
                    detection: whole,
                    embedding: embeds ? try work.measuredEmbedding(whole: source).embedding : nil,
                    attributes: attributes
                )
            ]
        }
        times = work.times
    }
}

/// Writes faces in CompreFace's shape.
struct CompreFaceWriter: Sendable {
    let parameters: CompreFaceParameters
    let version: CompreFaceSettings.AnswerVersion
    let maskWords: CompreFaceSettings.MaskWords
    /// Whether probabilities of boxes are rounded to five decimals.
    let roundsProbability: Bool

    /// The members of a face, with `more` between those about the face and its times.
    func face(
        _ index: Int,
        of faces: CompreFaceFaces,
        more: [(name: String, value: JSON)] = []
    ) -> JSON {
        let face = faces.faces[index]
        var members = attributes(face.attributes)
        if parameters.plugins.contains(.calculator), let embedding = face.embedding {
            members.append(("embedding", .floats(embedding.vector)))
        }
        members.append(("box", box(face.detection, size: faces.size)))
        if parameters.plugins.contains(.landmarks106), let points = face.attributes.landmarks106 {
            members.append(("landmarks", .array(points.map(Self.point))))
        } else if parameters.plugins.contains(.landmarks), let landmarks = face.detection.landmarks {
            members.append(("landmarks", .array(landmarks.points.map(Self.point))))
        }
        members += more
        if parameters.status { members.append(("execution_time", times(faces))) }
        return .object(members)
    }

    private func attributes(_ attributes: FaceAttributes) -> [(name: String, value: JSON)] {
        var members: [(name: String, value: JSON)] = []
        if parameters.plugins.contains(.age), let age = attributes.age {
            members.append(
                (
                    "age",
                    version == .guide
                        ? [.int(age.low), .int(age.high)]
                        : [
                            "probability": .float(age.probability), "high": .int(age.high), "low": .int(age.low),
                        ]
                )
            )
        }
        if parameters.plugins.contains(.gender), let gender = attributes.gender {
            let word = JSON.text(gender.value.rawValue)
            members.append(
                (
                    "gender",
                    version == .guide ? word : ["probability": .float(gender.probability), "value": word]
                )
            )
        }
        if parameters.plugins.contains(.mask), let mask = attributes.mask {
            members.append(("mask", ["probability": .float(mask.probability), "value": .text(word(mask.value))]))
        }
        if parameters.plugins.contains(.pose), let pose = attributes.pose {
            members.append(
                ("pose", ["pitch": .float(pose.pitch), "roll": .float(pose.roll), "yaw": .float(pose.yaw)])
            )
        }
        return members
    }

    private func word(_ mask: FaceAttributes.Mask) -> String {
        switch (mask, maskWords) {
        case (.none, _): "without_mask"
        case (.incorrect, .document): "mask_worn_incorrectly"
        case (.incorrect, .code): "mask_weared_incorrect"
        case (.correct, .document): "mask_worn_correctly"
        case (.correct, .code): "with_mask"
        }
    }

    private func box(_ face: FaceDetection, size: (width: Int, height: Int)) -> JSON {
        let box = face.boundingBox
        func whole(_ value: Float, limit: Int) -> JSON { .int(Int(min(max(value.rounded(), 0), Float(limit)))) }
        let probability = Double(face.confidence)
        return [
            "probability": roundsProbability ? .rounded(probability, digits: 5) : .double(probability),
            "x_max": whole(box.maxX, limit: size.width), "y_max": whole(box.maxY, limit: size.height),
            "x_min": whole(box.x, limit: size.width), "y_min": whole(box.y, limit: size.height),
        ]
    }

    private static func point(_ point: Point) -> JSON {
        func whole(_ value: Float) -> JSON { .int(Int(min(max(value, -1e6), 1e6).rounded())) }
        return [whole(point.x), whole(point.y)]
    }

    /// Milliseconds as the original has them: whole numbers written as floats, for each face its share.
    private func times(_ faces: CompreFaceFaces) -> JSON {
        let order = ["age", "gender", "detector", "calculator", "pose", "mask"]
        return .object(
            order.compactMap { name in
                faces.times[name].map { (name, .double(($0 / Double(max(1, faces.faces.count))).rounded())) }
            }
        )
    }
}
