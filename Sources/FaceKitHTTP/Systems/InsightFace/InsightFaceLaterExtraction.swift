// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Dispatch
import FaceKit

/// What `/extract` of the versions from 0.5 on can be asked for, and their way of telling of a picture.
struct InsightFaceLaterExtraction: Sendable {
    /// Faces below are left out.
    private let minimumConfidence: Float
    /// The largest faces are told of, 0 stands for all.
    private let faceLimit: Int
    /// Faces with a narrower box are left out, in pixels.
    private let minimumSize: Float
    /// Whether every picture is a face and nothing else.
    private let takesWholePictures: Bool
    private let showsCrops: Bool
    private let showsLandmarks: Bool
    /// Whether faces are embedded.
    let embeds: Bool
    /// Whether the answer is MessagePack.
    let answersInMessagePack: Bool
    /// What else is found out about them.
    let attributes: Set<FaceAttribute>

    /// Reads the members of a request, which came as MessagePack or as JSON.
    init(_ json: JSON, isMessagePack: Bool) throws(InsightFaceError) {
        func flag(_ name: String, default fallback: Bool = false) throws(InsightFaceError) -> Bool {
            guard let value = json[name], !value.isNull else { return fallback }
            guard let flag = value.bool else { throw InsightFaceError("\(name): true or false is wanted") }
            return flag
        }
        func number(_ name: String, default fallback: Double, in range: ClosedRange<Double>) throws(InsightFaceError)
            -> Double
        {
            guard let value = json[name], !value.isNull else { return fallback }
            guard let number = value.double, range.contains(number) else {
                throw InsightFaceError("\(name): a number from \(range.lowerBound) to \(range.upperBound) is wanted")
            }
            return number
        }
        answersInMessagePack = try flag("msgpack", default: isMessagePack)
        minimumConfidence = Float(try number("threshold", default: 0.6, in: 0...1))
        faceLimit = Int(try number("limit_faces", default: 0, in: 0...100_000))
        minimumSize = Float(try number("min_face_size", default: 0, in: 0...100_000))
        let takesWholePictures = try flag("embed_only")
        let extractsEmbedding = try flag("extract_embedding", default: true)
        self.takesWholePictures = takesWholePictures
        embeds = takesWholePictures || extractsEmbedding
        showsCrops = try flag("return_face_data")
        showsLandmarks = try flag("return_landmarks")
        var attributes: Set<FaceAttribute> = []
        if try flag("extract_ga") { attributes.formUnion([.age, .gender]) }
        if try flag("detect_masks") { attributes.insert(.mask) }
        self.attributes = attributes
    }

    /// What is told of a picture; one that cannot be decoded has failed.
    func picture(_ bytes: [UInt8], _ work: FaceWork) throws -> JSON {
        let begun = DispatchTime.now()
        let faces = try work.withPicture(bytes) { source in
            takesWholePictures ? [try whole(source, work)] : try self.faces(in: source, work)
        }
        return [
            "status": faces == nil ? "failed" : "ok",
            "took_ms": .rounded(DispatchTime.now().seconds(since: begun) * 1000, digits: 3),
            "faces": .array(faces ?? []),
        ]
    }

    private func whole(_ source: ImageSource, _ work: FaceWork) throws -> JSON {
        let face = FaceDetection(
            boundingBox: BoundingBox(x: 0, y: 0, width: Float(source.width), height: Float(source.height)),
            confidence: 1
        )
        return .object(Self.members(of: face, number: 0) + Self.members(try work.measuredEmbedding(whole: source)))
    }

    private func faces(in source: ImageSource, _ work: FaceWork) throws -> [JSON] {
        let found = try work.detect(in: source, minimumConfidence: minimumConfidence, order: .area)
            .filter { $0.boundingBox.width >= minimumSize }
        let faces = faceLimit > 0 ? Array(found.prefix(faceLimit)) : found
        let embeddings = embeds ? try work.measuredEmbeddings(of: faces, in: source) : []
        let attributes = try work.attributes(of: faces, in: source)
        let crops = showsCrops ? try FivePointAligner().align(faces, in: source) : []
        return try faces.indices.map { index in
            var members = Self.members(of: faces[index], number: index)
            if embeds { members += Self.members(embeddings[index]) }
            if showsLandmarks, let landmarks = faces[index].landmarks {
                members.append(("landmarks", .array(landmarks.points.map { [Self.whole($0.x), Self.whole($0.y)] })))
            }
            if showsCrops {
                members.append(
                    ("facedata", .text(Base64.encode(try crops[index].image.encoded(as: .jpeg(quality: 95)))))
                )
            }
            return .object(members + Self.members(attributes[index]))
        }
    }

    private static func members(of face: FaceDetection, number: Int) -> [(name: String, value: JSON)] {
        let box = face.boundingBox
        return [
            ("num_det", .int(number)), ("prob", .float(face.confidence)),
            ("bbox", .array([box.x, box.y, box.maxX, box.maxY].map(whole))), ("size", whole(box.width)),
        ]
    }

    private static func members(_ measured: (embedding: Embedding, length: Float?)) -> [(name: String, value: JSON)] {
        (measured.length.map { [("norm", .float($0))] } ?? []) + [("vec", .floats(measured.embedding.vector))]
    }

    private static func members(_ attributes: FaceAttributes) -> [(name: String, value: JSON)] {
        var members: [(name: String, value: JSON)] = []
        if let gender = attributes.gender { members.append(("gender", gender.value == .male ? 1 : 0)) }
        if let age = attributes.age { members.append(("age", whole(age.years.rounded()))) }
        if let mask = attributes.mask {
            let masked = Double(mask.value == .none ? 1 - mask.probability : mask.probability)
            members.append(("mask", .bool(mask.value != .none)))
            members.append(
                ("mask_probs", ["mask": .rounded(masked, digits: 6), "no_mask": .rounded(1 - masked, digits: 6)])
            )
        }
        return members
    }

    private static func whole(_ value: Float) -> JSON { .int(Int(min(max(value, -1e6), 1e6).rounded(.towardZero))) }
}
