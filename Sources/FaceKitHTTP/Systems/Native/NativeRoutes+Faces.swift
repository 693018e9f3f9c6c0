// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Hummingbird

extension NativeRoutes {
    private func plan(embeds: Bool = false, attributes: [FaceAttribute] = []) -> FaceService.Plan {
        .init(
            detector: settings.detector,
            embeds: embeds,
            recognizer: settings.recognizer,
            attributes: Set(attributes)
        )
    }

    /// Runs `work` on every picture of a request and answers `{"pictures": […]}`.
    private func forEachPicture(
        _ request: SystemRequest,
        plan: (NativeFields) async throws -> FaceService.Plan,
        _ face: @escaping @Sendable (FaceWork, ImageSource, [FaceDetection]) throws -> [[(name: String, value: JSON)]]
    ) async throws -> [JSON] {
        let (pictures, values) = try await request.pictures(["picture", "pictures"], settings: settings)
        let all = (pictures["picture"] ?? []) + (pictures["pictures"] ?? [])
        guard !all.isEmpty else { throw NativeError.invalid("picture is missing") }
        let fields = NativeFields(values)
        let confidence = try fields.number("min_confidence", default: 0, in: 0...1)
        let limit = try fields.int("limit", default: 0, in: 0...100_000)
        let plan = try await plan(fields)
        return try await service.run(plan, count: all.count, for: request.client) { work, index in
            let source = try work.open(all[index].bytes)
            let faces = try work.detect(in: source, minimumConfidence: confidence, limit: limit)
            let extras = try face(work, source, faces)
            return [
                "file": .text(all[index].name), "width": .int(source.width), "height": .int(source.height),
                "faces": .array(
                    faces.enumerated().map { offset, face in
                        .object(Self.members(of: face) + (extras.isEmpty ? [] : extras[offset]))
                    }
                ),
            ]
        }
    }

    /// A face as the native API shows it: pixels of the upright picture.
    static func members(of face: FaceDetection) -> [(name: String, value: JSON)] {
        let box = face.boundingBox
        var members: [(name: String, value: JSON)] = [
            ("box", .array([box.x, box.y, box.width, box.height].map { .rounded(Double($0), digits: 2) })),
            ("confidence", .rounded(Double(face.confidence), digits: 6)),
        ]
        if let landmarks = face.landmarks {
            let points = landmarks.points.map { point -> JSON in
                [.rounded(Double(point.x), digits: 2), .rounded(Double(point.y), digits: 2)]
            }
            members.append(("landmarks", .array(points)))
        }
        return members
    }

    func detect(_ request: SystemRequest) async throws -> Response {
        .json(["pictures": .array(try await forEachPicture(request, plan: { _ in plan() }) { _, _, _ in [] })])
    }

    func embed(_ request: SystemRequest) async throws -> Response {
        let space = try await service.stages.recognizer(settings.recognizer).space
        let pictures = try await forEachPicture(request, plan: { _ in plan(embeds: true) }) { work, source, faces in
            try work.embed(faces, in: source).map { [("embedding", .floats($0.vector))] }
        }
        return .json(["space": .text(space), "pictures": .array(pictures)])
    }

    func analyze(_ request: SystemRequest) async throws -> Response {
        let pictures = try await forEachPicture(
            request,
            plan: { plan(attributes: try await attributes($0)) },
            { work, source, faces in
                try work.attributes(of: faces, in: source).map { [("attributes", Self.message($0))] }
            }
        )
        return .json(["pictures": .array(pictures)])
    }

    /// The attributes that a request names, else the usual ones.
    private func attributes(_ fields: NativeFields) async throws -> [FaceAttribute] {
        guard let names = try fields.names("attributes") else { return [.age, .gender, .pose] }
        let attributes = try names.map { name in
            guard let attribute = FaceAttribute(rawValue: name) else {
                let known = FaceAttribute.allCases.map(\.rawValue).joined(separator: ", ")
                throw NativeError.invalid("attributes: \(name) is none of \(known)")
            }
            return attribute
        }
        do {
            if !attributes.isEmpty { _ = try await service.stages.attributes(Set(attributes)) }
        } catch let error as FaceError where error.code == .modelNotFound {
            // The client can leave out what it chose, unlike a model that every request needs.
            throw NativeError(
                status: .unprocessableContent,
                code: error.code.description,
                message: "attributes: \(error.message)"
            )
        }
        return attributes
    }

    /// Attributes as the native API shows them; angles in degrees.
    static func message(_ attributes: FaceAttributes) -> JSON {
        var members: [(name: String, value: JSON)] = []
        func number(_ value: Float, _ digits: Int = 4) -> JSON { .rounded(Double(value), digits: digits) }
        if let age = attributes.age {
            members.append(
                (
                    "age",
                    [
                        "years": number(age.years, 1), "low": .int(age.low), "high": .int(age.high),
                        "probability": number(age.probability),
                    ]
                )
            )
        }
        if let gender = attributes.gender {
            members.append(
                ("gender", ["value": .text(gender.value.rawValue), "probability": number(gender.probability)])
            )
        }
        if let pose = attributes.pose {
            members.append(
                ("pose", ["pitch": number(pose.pitch, 2), "yaw": number(pose.yaw, 2), "roll": number(pose.roll, 2)])
            )
        }
        if let mask = attributes.mask {
            let word =
                switch mask.value {
                case .none: "none"
                case .incorrect: "incorrect"
                case .correct: "correct"
                }
            members.append(("mask", ["value": .text(word), "probability": number(mask.probability)]))
        }
        if let points = attributes.landmarks106 {
            members.append(("landmarks106", .array(points.map { [number($0.x, 2), number($0.y, 2)] })))
        }
        if let quality = attributes.quality { members.append(("quality", number(quality))) }
        return .object(members)
    }

    /// The face that a picture is of.
    private static func mainFace(
        in source: ImageSource,
        of picture: NativePicture,
        _ work: FaceWork
    ) throws -> FaceDetection {
        let faces = try work.detect(in: source)
        guard let face = faces.mainFace(inWidth: source.width, height: source.height) else {
            throw NativeError.noFace(picture.name)
        }
        return face
    }

    func compare(_ request: SystemRequest) async throws -> Response {
        let (pictures, values) = try await request.pictures(["first", "second"], settings: settings)
        guard let first = pictures["first"]?.first else { throw NativeError.invalid("first is missing") }
        guard let second = pictures["second"]?.first else { throw NativeError.invalid("second is missing") }
        let recognizer = try await service.stages.recognizer(settings.recognizer)
        let threshold = try NativeFields(values).number(
            "threshold",
            default: recognizer.threshold ?? 0.4,
            in: -1...1
        )
        let both = [first, second]
        let faces = try await service.run(plan(embeds: true), count: 2, for: request.client) { work, index in
            let source = try work.open(both[index].bytes)
            let face = try Self.mainFace(in: source, of: both[index], work)
            return (face, try work.embed([face], in: source)[0])
        }
        let similarity = try CosineMatcher().similarity(of: faces[0].1, to: faces[1].1)
        let decision: Decision =
            if values["threshold"] == nil, let calibration = recognizer.calibration {
                calibration.decision(for: similarity)
            } else {
                similarity.rawValue >= threshold ? .match : .noMatch
            }
        var members: [(name: String, value: JSON)] = [
            ("similarity", .rounded(Double(similarity.rawValue), digits: 6)),
            ("threshold", .rounded(Double(threshold), digits: 6)),
            ("decision", .text(decision.rawValue)),
        ]
        if let rate = recognizer.calibration?.falseMatchRate(of: similarity) {
            members.append(("false_match_rate", .double(rate)))
        }
        members.append(("space", .text(recognizer.space)))
        members.append(
            (
                "pictures",
                .array(
                    zip(both, faces).map { picture, face in
                        ["file": .text(picture.name), "face": .object(Self.members(of: face.0))]
                    }
                )
            )
        )
        return .json(.object(members))
    }

    func fuse(_ request: SystemRequest) async throws -> Response {
        let (pictures, values) = try await request.pictures(["source", "target"], settings: settings)
        guard let source = pictures["source"]?.first else { throw NativeError.invalid("source is missing") }
        guard let target = pictures["target"]?.first else { throw NativeError.invalid("target is missing") }
        let fields = NativeFields(values)
        let weight = values["weight"] == nil ? nil : try fields.number("weight", default: 0.75, in: 0...1)
        let wantsPNG =
            request.header("Accept")?.contains("image/png") == true
            || ImageFormat(recognizing: target.bytes) == .png
                && request.header("Accept")?.contains("image/jpeg") != true
        let plan = FaceService.Plan(detector: settings.detector, fuses: true, fuser: try fields.optionalText("fuser"))
        let encoded = try await service.run(plan, for: request.client) { work in
            func face(_ picture: NativePicture) throws -> (Image, FaceDetection) {
                let source = try work.open(picture.bytes)
                let image = try work.whole(source)
                return (image, try Self.mainFace(in: source, of: picture, work))
            }
            let fused = try work.fuse(try face(source), into: try face(target), weight: weight)
            return try work.timed("encode") { try fused.encodedSynthetic(as: wantsPNG ? .png : .jpeg(quality: 92)) }
        }
        return .bytes(encoded, type: wantsPNG ? "image/png" : "image/jpeg")
    }
}
