// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Dispatch
import FaceKit
import Hummingbird
import Logging

/// InsightFace-REST, version 0.1: pictures as base64 in, boxes and embeddings out.
public struct InsightFaceRoutes: FaceSystem {
    /// `insightface`.
    public let name = ServerConfiguration.SystemName.insightface.rawValue
    /// The endpoints.
    public var routes: SystemRoutes {
        SystemRoutes([
            SystemRoute(.get, "/") { _ in
                .text("Hello, This is InsightFace!", type: "text/html; charset=utf-8")
            },
            SystemRoute(.post, "/extract") { try await extract($0, embeds: true) },
            SystemRoute(.post, "/detect") { try await extract($0, embeds: false) },
            SystemRoute(.post, "/ver") { await verify($0) },
        ])
    }

    private let service: FaceService
    private let settings: InsightFaceSettings

    /// Creates the system.
    public init(service: FaceService, settings: InsightFaceSettings = .init()) {
        self.service = service
        self.settings = settings
    }

    private func extract(_ request: SystemRequest, embeds: Bool) async throws -> Response {
        let begun = DispatchTime.now()
        let isMessagePack = ["application/msgpack", "application/x-msgpack"].contains(request.mediaType)
        let body =
            isMessagePack
            ? try await Self.messagePack(request, limit: settings.bodyLimit)
            : try await request.json(limit: settings.bodyLimit)
        let message = try InsightFaceExtraction(body, isMessagePack: isMessagePack, settings: settings)
        var plan = FaceService.Plan(
            detector: settings.detector,
            embeds: embeds && message.later?.embeds != false,
            recognizer: settings.recognizer,
            attributes: message.later?.attributes ?? []
        )
        plan.detector?.maximumSide = message.maximumSize == 0 ? 32_768 : message.maximumSize
        let pictures = try await service.run(plan, count: message.pictures.count, for: request.client) { work, index in
            let picture = message.pictures[index]
            guard let later = message.later else { return try Self.faces(in: picture, work, embeds: embeds) }
            return try later.picture(Base64.decodePicture(picture.utf8) ?? [], work)
        }
        guard let later = message.later else { return .json(.array(pictures)) }
        let total = DispatchTime.now().seconds(since: begun) * 1000
        let answer: JSON = ["took": ["total_ms": .rounded(total, digits: 3)], "data": .array(pictures)]
        return later.answersInMessagePack
            ? .bytes(MessagePack.encode(answer), type: "application/x-msgpack") : .json(answer)
    }

    private static func messagePack(_ request: SystemRequest, limit: Int) async throws -> JSON {
        let bytes = try await request.body(limit: limit)
        do {
            return try MessagePack.value(in: bytes)
        } catch {
            throw RequestBodyError.malformed("the body is not MessagePack: \(error)")
        }
    }

    /// The faces of one picture; none of one that cannot be decoded.
    private static func faces(in picture: JSONString, _ work: FaceWork, embeds: Bool) throws -> JSON {
        let found: JSON? = try work.withPicture(Base64.decodePicture(picture.utf8) ?? []) { source in
            let faces = try work.detect(in: source)
            let embeddings = embeds ? try work.embed(faces, in: source) : []
            return .array(
                faces.enumerated().map { index, face in
                    InsightFaceExtraction.face(face, number: index, embedding: embeds ? embeddings[index] : nil)
                }
            )
        }
        return found ?? []
    }

    /// Compares a picture with others; whatever goes wrong, the answer is `-1`.
    private func verify(_ request: SystemRequest) async -> Response {
        do {
            let message = try InsightFaceVerification(await request.json(limit: settings.bodyLimit))
            let plan = FaceService.Plan(detector: settings.detector, embeds: true, recognizer: settings.recognizer)
            let pictures = [message.source] + message.targets
            var embeddings = try await service.run(plan, count: pictures.count, for: request.client) { work, index in
                try Self.mainEmbedding(in: pictures[index], work)
            }
            guard let source = embeddings.removeFirst() else { throw InsightFaceError("no face in the source") }
            if embeddings.allSatisfy({ $0 == nil }), let last = message.targets.last {
                // As the original: the last picture gets a second chance when none before had a face.
                var detector = settings.detector
                detector.minimumConfidence = (detector.minimumConfidence ?? 0.6) / 2
                detector.cascade.proposal /= 2
                detector.cascade.refinement /= 2
                let plan = FaceService.Plan(detector: detector, embeds: true, recognizer: settings.recognizer)
                embeddings[embeddings.count - 1] = try await service.run(plan, for: request.client) { work in
                    try Self.mainEmbedding(in: last, work)
                }
            }
            let similarities = try embeddings.compactMap(\.self).map { target in
                JSON.double((1 + Double(try CosineMatcher().similarity(of: source, to: target).rawValue)) / 2)
            }
            return .json(.array(similarities))
        } catch let overloaded as ComputePool.Overloaded {
            var response = self.response(to: overloaded, for: request)
            response.headers[.retryAfter] = String(overloaded.retryAfter)
            return response
        } catch {
            request.logger.info("/ver failed: \(error)")
            return .text("-1", type: "text/html; charset=utf-8")
        }
    }

    /// The embedding of the face that a picture is of, together with its mirror image; `nil` without a face.
    private static func mainEmbedding(in picture: JSONString, _ work: FaceWork) throws -> Embedding? {
        guard let bytes = Base64.decodePicture(picture.utf8) else { return nil }
        let source = try work.open(bytes)
        let middle = Point(x: Float(source.width) / 2, y: Float(source.height) / 2)
        func merit(_ face: FaceDetection) -> Float {
            let (x, y) = (face.boundingBox.center.x - middle.x, face.boundingBox.center.y - middle.y)
            return face.boundingBox.area - 2 * (x * x + y * y)
        }
        guard let face = try work.detect(in: source).max(by: { merit($0) < merit($1) }) else { return nil }
        return try work.embedWithMirrors([face], in: source).first
    }
}
