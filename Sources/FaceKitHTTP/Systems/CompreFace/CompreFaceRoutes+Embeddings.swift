// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitAccounts
import Foundation
import Hummingbird

extension CompreFaceRoutes {
    var embeddingRoutes: [SystemRoute] {
        [
            SystemRoute(.post, "/recognition/embeddings/recognize") { try await recognizeEmbeddings($0) },
            SystemRoute(.post, "/recognition/embeddings/faces/{image_id}/verify") {
                try await verifyEmbeddings($0)
            },
            SystemRoute(.post, "/verification/embeddings/verify") { try await compareEmbeddings($0) },
        ]
    }

    /// A vector as it was sent and as it is compared.
    private struct Probe {
        var sent: JSON
        var embedding: Embedding
    }

    private func body(_ request: SystemRequest) async throws -> JSON {
        guard request.isJSON else { throw RequestBodyError.wrongContentType(request.mediaType) }
        let json = try await request.json(limit: settings.bodyLimit)
        guard json.isObject else { throw CompreFaceError.bare(.badRequest) }
        return json
    }

    /// The vectors of a member; `dimension` is what the collection or the other side has.
    private func probes(_ json: JSON, _ name: String, dimension: Int?) async throws -> [Probe] {
        guard let value = json[name], !value.isNull else { throw CompreFaceError.missingField(name) }
        guard let elements = value.elements else { throw CompreFaceError.bare(.badRequest) }
        guard !elements.isEmpty else { throw CompreFaceError.missingField(name) }
        let space = try await service.stages.recognizer(settings.recognizer).space
        return try elements.map { try probe($0, space: space, dimension: dimension) }
    }

    private func probe(_ json: JSON, space: String, dimension: Int?) throws -> Probe {
        guard let numbers = json.numbers else { throw CompreFaceError.bare(.badRequest) }
        guard dimension.map({ $0 == numbers.count }) ?? true,
            let embedding = try? Embedding(space: space, normalizing: numbers.map { Float($0) })
        else { throw CompreFaceError.unforeseen }
        return Probe(sent: json, embedding: embedding)
    }

    private func recognizeEmbeddings(_ request: SystemRequest) async throws -> Response {
        let gallery = try await collection(request)
        let parameters = try CompreFaceParameters(
            CompreFaceItems(query: request.query),
            confidence: settings.confidence,
            hasPredictionCount: true
        )
        let dimension = try await gallery.statistics.dimension
        let probes = try await probes(body(request), "embeddings", dimension: dimension)
        let candidates = try await candidates(
            for: probes.map(\.embedding),
            in: gallery,
            limit: parameters.predictionCount
        )
        let matcher = try await matcher()
        let result = zip(probes, candidates).map { probe, candidates -> JSON in
            ["embedding": probe.sent, "similarities": .array(candidates.map { Self.message($0, matcher) })]
        }
        return .json(["result": .array(result)])
    }

    private func verifyEmbeddings(_ request: SystemRequest) async throws -> Response {
        let gallery = try await collection(request)
        let id = try imageID(request)
        let json = try await body(request)
        let example = try await gallery.template(id: id)
        let probes = try await probes(json, "embeddings", dimension: example?.embedding.vector.count)
        guard let example else { throw CompreFaceError.wrongImageID }
        return try await ranked(probes, against: example.embedding)
    }

    private func compareEmbeddings(_ request: SystemRequest) async throws -> Response {
        _ = try await authorized(request, .verification)
        let json = try await body(request)
        guard let source = json["source"], !source.isNull, source.elements?.isEmpty != true else {
            throw CompreFaceError.missingField("source")
        }
        let space = try await service.stages.recognizer(settings.recognizer).space
        let probe = try probe(source, space: space, dimension: nil)
        let targets = try await probes(json, "targets", dimension: probe.embedding.vector.count)
        return try await ranked(targets, against: probe.embedding)
    }

    /// The vectors by falling similarity.
    private func ranked(_ probes: [Probe], against reference: Embedding) async throws -> Response {
        let matcher = try await matcher()
        let ranked = try probes.map { ($0, try matcher.similarity(of: $0.embedding, to: reference)) }
            .enumerated()
            .sorted { (-$0.element.1.rawValue, $0.offset) < (-$1.element.1.rawValue, $1.offset) }
            .map(\.element)
        return .json([
            "result": .array(ranked.map { ["embedding": $0.0.sent, "similarity": Self.printed($0.1)] })
        ])
    }
}
