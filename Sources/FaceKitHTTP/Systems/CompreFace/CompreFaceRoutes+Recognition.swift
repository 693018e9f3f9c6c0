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
            attributes: attributes,
            attributeModels: settings.attributeModels
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

    /// The package that the original's plugins of the build come from.
    private var library: String {
        settings.build == .mobilenet || settings.build == .arcFace ? "insightface" : "facenet"
    }

    /// What the detector is called among versions.
    var detectorVersion: String { "\(library).FaceDetector@\(settings.detector.name)" }

    /// What a plugin is called among versions, with the model behind it.
    ///
    /// - Throws: ``FaceKit/FaceError/Code/modelNotFound`` when its model is not installed.
    func version(of plugin: CompreFaceParameters.Plugin) async throws -> String {
        let (attribute, name): (FaceAttribute?, String) =
            switch plugin {
            case .age: (.age, "agegender.AgeDetector")
            case .gender: (.gender, "agegender.GenderDetector")
            case .pose: (.pose, "\(library).PoseEstimator")
            case .mask: (.mask, "facemask.MaskDetector")
            case .landmarks: (nil, "\(library).LandmarksDetector")
            case .landmarks106: (.landmarks106, "insightface.Landmarks2d106Detector")
            case .calculator: (nil, "\(library).Calculator")
            }
        let model: String
        switch (plugin, attribute) {
        case (.calculator, _): model = try await service.stages.recognizer(settings.recognizer).name
        case (_, let attribute?):
            model = try await service.stages.attributes([attribute], models: settings.attributeModels)
                .version(of: attribute)
        default: model = ""
        }
        return model.isEmpty ? name : "\(name)@\(model)"
    }

    /// The member `plugins_versions`, where it is asked for.
    private func versions(
        _ parameters: CompreFaceParameters,
        embeds: Bool
    ) async throws -> [(name: String, value: JSON)] {
        guard parameters.status else { return [] }
        var versions: [(name: String, value: JSON)] = []
        for plugin in [CompreFaceParameters.Plugin.age, .gender, .pose, .mask]
        where parameters.plugins.contains(plugin) {
            guard parameters.detectsFaces || plugin == .age || plugin == .gender else { continue }
            versions.append((plugin.rawValue, .text(try await version(of: plugin))))
        }
        if parameters.detectsFaces { versions.append(("detector", .text(detectorVersion))) }
        if embeds { versions.append(("calculator", .text(try await version(of: .calculator)))) }
        return [("plugins_versions", .object(versions))]
    }

    /// The parameters of a request.
    ///
    /// As plugins that the original does not have, 106 landmarks are passed over where there is no model for them.
    private func parameters(
        _ input: CompreFaceInput,
        hasPredictionCount: Bool = false
    ) async throws -> CompreFaceParameters {
        var parameters = try CompreFaceParameters(
            input.items,
            confidence: settings.confidence,
            hasPredictionCount: hasPredictionCount
        )
        if parameters.plugins.contains(.landmarks106), (try? await version(of: .landmarks106)) == nil {
            parameters.plugins.remove(.landmarks106)
        }
        return parameters
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
        let parameters = try await parameters(input, hasPredictionCount: true)
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
        let parameters = try await parameters(input)
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
        var parameters = try await parameters(input)
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
        var parameters = try await parameters(input)
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
