// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitAccounts
import Foundation
import Hummingbird

extension CompreFaceRoutes {
    var recognitionRoutes: [SystemRoute] {
        [
            SystemRoute(.post, "/recognition/recognize") { try await recognize($0) },
            SystemRoute(.post, "/recognition/faces/{image_id}/verify") { try await verifyExample($0) },
            SystemRoute(.post, "/detection/detect") { try await detect($0) },
            SystemRoute(.post, "/verification/verify") { try await verifyPictures($0) },
        ]
    }

    /// What the plugins of a request need.
    private func plan(_ parameters: CompreFaceParameters, embeds: Bool) -> FaceService.Plan {
        var attributes: Set<FaceAttribute> = []
        for plugin in parameters.plugins {
            switch plugin {
            case .age: attributes.insert(.age)
            case .gender: attributes.insert(.gender)
            // Both look at where the face is in its surroundings, which a bare crop has not.
            case .pose: if parameters.detectsFaces { attributes.insert(.pose) }
            case .mask: if parameters.detectsFaces { attributes.insert(.mask) }
            case .landmarks106: attributes.insert(.landmarks106)
            case .landmarks, .calculator: break
            }
        }
        return FaceService.Plan(
            detector: settings.detector,
            embeds: embeds,
            recognizer: settings.recognizer,
            attributes: attributes
        )
    }

    /// The faces of a picture, largest first; never none.
    func faces(
        in bytes: [UInt8],
        _ parameters: CompreFaceParameters,
        embeds: Bool,
        _ request: SystemRequest
    ) async throws -> CompreFaceFaces {
        try await service.run(plan(parameters, embeds: embeds), for: request.client) { work in
            try CompreFaceFaces(in: bytes, parameters, embeds: embeds, work)
        }
    }

    /// CompreFace's scale for the embedder in use.
    func matcher() async throws -> CompreFaceMatcher {
        try await service.stages.recognizer(settings.recognizer).compreFaceMatcher(published: settings.coefficients)
    }

    /// A similarity as it is printed: five decimals, halves up.
    static func printed(_ similarity: Similarity) -> JSON { .rounded(Double(similarity.rawValue), digits: 5) }

    /// A cosine on CompreFace's scale.
    static func similarity(_ cosine: Similarity, _ matcher: CompreFaceMatcher) -> Similarity {
        matcher.similarity(atDistance: max(0, 2 - 2 * cosine.rawValue).squareRoot())
    }

    /// The member `plugins_versions`, where it is asked for.
    private func versions(
        _ parameters: CompreFaceParameters,
        embeds: Bool
    ) async throws -> [(name: String, value: JSON)] {
        guard parameters.status else { return [] }
        let library = settings.build == .mobilenet || settings.build == .arcFace ? "insightface" : "facenet"
        var versions: [(name: String, value: JSON)] = []
        for (plugin, attribute, name) in [
            (CompreFaceParameters.Plugin.age, FaceAttribute.age, "agegender.AgeDetector"),
            (.gender, .gender, "agegender.GenderDetector"), (.pose, .pose, "\(library).PoseEstimator"),
            (.mask, .mask, "facemask.MaskDetector"),
        ] where parameters.plugins.contains(plugin) {
            guard parameters.detectsFaces || plugin == .age || plugin == .gender else { continue }
            let version = try await service.stages.attributes([attribute]).version(of: attribute)
            versions.append((plugin.rawValue, .text(version.isEmpty ? name : "\(name)@\(version)")))
        }
        if parameters.detectsFaces {
            versions.append(("detector", .text("\(library).FaceDetector@\(settings.detector.name)")))
        }
        if embeds {
            let name = try await service.stages.recognizer(settings.recognizer).name
            versions.append(("calculator", .text("\(library).Calculator@\(name)")))
        }
        return [("plugins_versions", .object(versions))]
    }

    private func writer(
        _ parameters: CompreFaceParameters,
        _ request: SystemRequest,
        _ owner: Service,
        roundsProbability: Bool = true
    ) -> CompreFaceWriter {
        CompreFaceWriter(
            parameters: parameters,
            version: version(request, owner),
            maskWords: settings.maskWords,
            roundsProbability: roundsProbability
        )
    }

    private func recognize(_ request: SystemRequest) async throws -> Response {
        let owner = try await authorized(request, .recognition)
        let input = try await CompreFaceInput(request, pictures: ["file"], settings: settings)
        try input.require("file", field: "content")
        let parameters = try CompreFaceParameters(
            input.items,
            confidence: settings.confidence,
            hasPredictionCount: true
        )
        let bytes = try input.picture("file")
        try parameters.checkConfidence()
        let faces = try await faces(in: bytes, parameters, embeds: true, request)
        let candidates = try await candidates(
            for: faces.faces.compactMap(\.embedding),
            in: collections.gallery(of: owner.id),
            limit: parameters.predictionCount
        )
        let (matcher, writer) = (try await matcher(), writer(parameters, request, owner))
        let result = faces.faces.indices.map { index in
            let subjects = candidates[index].map { Self.message($0, matcher) }
            return writer.face(index, of: faces, more: [("subjects", .array(subjects))])
        }
        return .json(.object([("result", .array(result))] + (try await versions(parameters, embeds: true))))
    }

    /// The best examples for each probe; none in a collection of another model, which a migration would bring up to
    /// date.
    func candidates(for probes: [Embedding], in gallery: any Gallery, limit: Int) async throws -> [[Candidate]] {
        guard let space = try await gallery.space, space == probes.first?.space else { return probes.map { _ in [] } }
        return try await gallery.candidates(
            for: probes,
            SearchOptions(limit: limit, ranking: settings.listsSubjectsOnce ? .subjects : .templates)
        )
    }

    static func message(_ candidate: Candidate, _ matcher: CompreFaceMatcher) -> JSON {
        [
            "subject": .text(candidate.template.subject),
            "similarity": printed(similarity(candidate.similarity, matcher)),
        ]
    }

    private func verifyExample(_ request: SystemRequest) async throws -> Response {
        let owner = try await authorized(request, .recognition)
        let id = try imageID(request)
        let input = try await CompreFaceInput(request, pictures: ["file"], settings: settings)
        try input.require("file", field: "content")
        let parameters = try CompreFaceParameters(input.items, confidence: settings.confidence)
        let bytes = try input.picture("file")
        try parameters.checkConfidence()
        let faces = try await faces(in: bytes, parameters, embeds: true, request)
        // As the original, the id is looked at last.
        guard let example = try await collections.gallery(of: owner.id).template(id: id) else {
            throw CompreFaceError.wrongImageID
        }
        let (matcher, writer) = (try await matcher(), writer(parameters, request, owner))
        let result = try faces.faces.indices.map { index in
            let similarity = try faces.faces[index].embedding.map {
                try matcher.similarity(of: $0, to: example.embedding)
            }
            return writer.face(
                index,
                of: faces,
                more: [
                    ("subject", .text(example.subject)),
                    ("similarity", Self.printed(similarity ?? Similarity(rawValue: 0))),
                ]
            )
        }
        return .json(.object([("result", .array(result))] + (try await versions(parameters, embeds: true))))
    }

    private func detect(_ request: SystemRequest) async throws -> Response {
        let owner = try await authorized(request, .detection)
        let input = try await CompreFaceInput(request, pictures: ["file"], settings: settings)
        try input.require("file", field: "content")
        var parameters = try CompreFaceParameters(input.items, confidence: settings.confidence)
        parameters.detectsFaces = true
        let bytes = try input.picture("file")
        try parameters.checkConfidence()
        let embeds = parameters.plugins.contains(.calculator)
        let faces = try await faces(in: bytes, parameters, embeds: embeds, request)
        let writer = writer(parameters, request, owner, roundsProbability: false)
        let result = faces.faces.indices.map { writer.face($0, of: faces) }
        return .json(.object([("result", .array(result))] + (try await versions(parameters, embeds: embeds))))
    }

    private func verifyPictures(_ request: SystemRequest) async throws -> Response {
        let owner = try await authorized(request, .verification)
        let input = try await CompreFaceInput(
            request,
            pictures: ["source_image", "target_image"],
            settings: settings
        )
        try input.require("source_image", field: "sourceImageBase64")
        try input.require("target_image", field: "targetImageBase64")
        var parameters = try CompreFaceParameters(input.items, confidence: settings.confidence)
        parameters.detectsFaces = true
        let pictures = [try input.picture("source_image"), try input.picture("target_image")]
        try parameters.checkConfidence()
        let found = try await service.run(plan(parameters, embeds: true), count: 2, for: request.client) {
            [parameters] work, index in
            try CompreFaceFaces(in: pictures[index], parameters, embeds: true, work)
        }
        let (source, target) = (found[0], found[1])
        guard source.faces.count == 1, let embedding = source.faces[0].embedding else {
            throw CompreFaceError.severalFaces
        }
        let (matcher, writer) = (try await matcher(), writer(parameters, request, owner))
        let matches = try target.faces.indices.map { index in
            let similarity = try target.faces[index].embedding.map { try matcher.similarity(of: embedding, to: $0) }
            return writer.face(
                index,
                of: target,
                more: [("similarity", Self.printed(similarity ?? Similarity(rawValue: 0)))]
            )
        }
        let members: [(name: String, value: JSON)] = [
            ("source_image_face", writer.face(0, of: source)), ("face_matches", .array(matches)),
        ]
        return .json(["result": [.object(members + (try await versions(parameters, embeds: true)))]])
    }
}
