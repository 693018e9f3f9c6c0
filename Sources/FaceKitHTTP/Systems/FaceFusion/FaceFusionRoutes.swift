// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import FaceKit
import Foundation
import Hummingbird
import Logging

/// Face_fusion_rest: marks faces, finds the most similar gallery face and fuses with it, and keeps a history for each
/// user.
public struct FaceFusionRoutes: FaceSystem {
    /// The name of the gallery that holds the gallery pictures; a subject is a picture's file name.
    public static let galleryName = "fusion"

    /// `fusion`.
    public let name = ServerConfiguration.SystemName.fusion.rawValue
    private let service: FaceService
    private let settings: FaceFusionSettings
    private let galleries: any GalleryStore
    private let journal: any FusionJournal

    /// Creates the system.
    public init(
        service: FaceService,
        galleries: any GalleryStore,
        journal: any FusionJournal,
        settings: FaceFusionSettings = .init()
    ) {
        self.service = service
        self.galleries = galleries
        self.journal = journal
        self.settings = settings
    }

    /// The endpoints, each with the document's path and the code's.
    public var routes: SystemRoutes {
        let operations: [(paths: [String], handler: SystemRoute.Handler)] = [
            (["checkUser"], { try await checkUser($0) }),
            (["fusion", "face_fusion"], { try await run("fusion", $0) }),
            (["detect"], { try await run("detect", $0) }),
            (["recognize"], { try await run("recognize", $0) }),
            (["save"], { try await save($0) }),
            (["user/getHistory"], { try await history($0) }),
        ]
        let posts = operations.flatMap { paths, handler in
            paths.flatMap { path in
                ["/\(path)", "/rest/\(path)"].map { SystemRoute(.post, $0, handler: handler) }
            }
        }
        let gets = ["/rest", ""].flatMap { prefix in
            [
                SystemRoute(.get, "\(prefix)/init_compare_image") { try await buildGallery($0) },
                SystemRoute(.get, "\(prefix)/hello") { _ in .json(["hello": "world"]) },
            ]
        }
        return SystemRoutes(posts + gets)
    }

    // MARK: Messages

    private func message(_ request: SystemRequest) async throws -> JSON {
        guard request.isJSON else { throw FaceFusionError.notJSON }
        let json = try await request.json(limit: settings.bodyLimit)
        guard json.isObject else { throw FaceFusionError.badRequest("the body is no JSON object") }
        return json
    }

    private static func text(_ json: JSON, _ keys: String..., limit: Int = .max) throws -> String {
        guard let value = keys.lazy.compactMap({ json[$0] }).first, !value.isNull else {
            throw FaceFusionError.badRequest("Missing key: \(keys[0])")
        }
        guard let text = value.text else { throw FaceFusionError.badRequest("\(keys[0]): text is wanted") }
        guard text.count <= limit else {
            throw FaceFusionError.badRequest("\(keys[0]): at most \(limit) characters are possible")
        }
        return text
    }

    private func checkUser(_ request: SystemRequest) async throws -> Response {
        let openID = try Self.text(try await message(request), "openId", "user_Id", limit: 64)
        return .json(["status": .bool(try await journal.checkUser(openID))])
    }

    private func history(_ request: SystemRequest) async throws -> Response {
        let openID = try Self.text(try await message(request), "openId", "user_Id", limit: 64)
        let entries = try await journal.entries(of: openID)
        return .json(["history": .array(entries.map(Self.message))])
    }

    private static func message(_ entry: FusionEntry) -> JSON {
        let time = JSON.text(HTTPDate.text(entry.content.time))
        return [
            "user_Id": .text(entry.content.openID), "history_id": .int(entry.id), "type": .text(entry.content.type),
            "time": time, "datetime": time, "outputImage": .text(entry.content.outputImage),
        ]
    }

    private func save(_ request: SystemRequest) async throws -> Response {
        let json = try await message(request)
        let openID = try Self.text(json, "user_Id", "openId", limit: 64)
        guard let value = json["history_id"], !value.isNull else {
            throw FaceFusionError.badRequest("Missing key: history_id")
        }
        guard let id = value.int ?? value.text.flatMap({ Int($0) }) else {
            throw FaceFusionError.badRequest("history_id: a whole number is wanted")
        }
        let type = try Self.text(json, "type")
        let output = try Self.text(json, "outputImage")
        var time = Date()
        if let sent = json["time"], !sent.isNull {
            guard let date = sent.text.flatMap(HTTPDate.date) else {
                throw FaceFusionError.badRequest("time: a date such as Fri, 19 Apr 2019 20:12:21 GMT is wanted")
            }
            time = date
        }
        guard ["fusion", "detect", "recognize"].contains(type) else { return .json(false) }
        let content = FusionEntry.Content(openID: openID, type: type, time: time, outputImage: output)
        if let entry = try await journal.entry(id) {
            guard entry.content.openID == openID else { return .json(false) }
            try await journal.replace(id, with: content)
        } else {
            try await journal.append(content)
        }
        return .json(true)
    }

    // MARK: Pictures

    private func run(_ operation: String, _ request: SystemRequest) async throws -> Response {
        let json = try await message(request)
        let openID = try Self.text(json, "user_Id", "openId", limit: 64)
        guard let input = json["inputImage"], !input.isNull else {
            throw FaceFusionError.badRequest("Missing key: inputImage")
        }
        guard case .string(let text) = input else { throw FaceFusionError.badRequest("inputImage: text is wanted") }
        let picture = try FusionPicture(text, root: settings.imageRoot)
        let output =
            switch operation {
            case "detect": try await mark(picture, request)
            case "recognize": try await recognize(picture, request)
            default: try await fuse(picture, request)
            }
        let now = Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded(.down))
        try await journal.append(.init(openID: openID, type: operation, time: now, outputImage: output))
        return .json([
            "outputImage": .text(output), "time": .text(HTTPDate.text(now)), "type": .text(operation),
            "user_Id": .text(openID),
        ])
    }

    private func mark(_ picture: FusionPicture, _ request: SystemRequest) async throws -> String {
        try await service.run(.init(detector: settings.detector), for: request.client) { work in
            try picture.with(work) { source in
                let image = try work.whole(source)
                let faces = try work.detect(in: source)
                guard !faces.isEmpty else { throw FaceFusionError.unreadable("no face was found") }
                return try picture.output(Self.marking(faces, in: image), operation: "detect")
            }
        }
    }

    /// The picture with a green frame two pixels outside each face.
    private static func marking(_ faces: [FaceDetection], in image: Image) -> Image {
        image.drawing { canvas in
            for face in faces {
                let box = face.boundingBox
                let (left, top) = (max(box.x - 2, 0), max(box.y - 2, 0))
                let right = min(box.maxX + 2, Float(image.width - 1))
                let bottom = min(box.maxY + 2, Float(image.height - 1))
                canvas.strokeBox(
                    BoundingBox(x: left, y: top, width: right - left, height: bottom - top),
                    color: .green,
                    lineWidth: 2
                )
            }
        }
    }

    /// The one face of a picture.
    private static func onlyFace(in source: ImageSource, _ work: FaceWork) throws -> FaceDetection {
        let faces = try work.detect(in: source)
        guard let face = faces.first else { throw FaceFusionError.unreadable("no face was found") }
        guard faces.count == 1 else {
            throw FaceFusionError.unreadable("\(faces.count) faces were found where one is wanted")
        }
        return face
    }

    /// The gallery's picture whose face is nearest.
    private func nearest(to probe: Embedding) async throws -> (template: Template, picture: [UInt8]) {
        let gallery = try await galleries.openGallery(named: Self.galleryName)
        guard let best = try await gallery.candidates(for: probe, limit: 1).first else {
            throw FaceFusionError.unreadable("the gallery is empty")
        }
        guard let picture = try await gallery.picture(of: best.template.id) else {
            throw FaceFusionError.unreadable("the gallery's picture is gone")
        }
        return (best.template, picture)
    }

    private func probe(_ picture: FusionPicture, _ request: SystemRequest) async throws -> Embedding {
        let plan = FaceService.Plan(detector: settings.detector, embeds: true, recognizer: settings.recognizer)
        return try await service.run(plan, for: request.client) { work in
            try picture.with(work) { source in
                try work.embed([Self.onlyFace(in: source, work)], in: source)[0]
            }
        }
    }

    private func recognize(_ picture: FusionPicture, _ request: SystemRequest) async throws -> String {
        let (template, bytes) = try await nearest(to: try await probe(picture, request))
        return picture.output(file: bytes, name: template.subject)
    }

    private func fuse(_ picture: FusionPicture, _ request: SystemRequest) async throws -> String {
        let (_, bytes) = try await nearest(to: try await probe(picture, request))
        let plan = FaceService.Plan(detector: settings.detector, fuses: true, fuser: settings.fuser)
        return try await service.run(plan, for: request.client) { [weight = settings.weight] work in
            let source = try work.open(bytes)
            guard let face = try work.detect(in: source, order: .area, limit: 1).first else {
                throw FaceFusionError.unreadable("no face was found in the gallery's picture")
            }
            let fused = try picture.with(work) { target in
                try work.fuse(
                    (work.whole(source), face),
                    into: (work.whole(target), Self.onlyFace(in: target, work)),
                    weight: weight
                )
            }
            return try picture.output(fused, operation: "fusion")
        }
    }

    // MARK: Gallery

    /// Enrols the pictures of the gallery folder that are not enrolled yet; those without a face are passed over.
    private func buildGallery(_ request: SystemRequest) async throws -> Response {
        guard let folder = settings.galleryFolder else {
            throw FaceFusionError.unreadable("no gallery folder is configured")
        }
        let gallery = try await galleries.openGallery(named: Self.galleryName)
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
        let plan = FaceService.Plan(detector: settings.detector, embeds: true, recognizer: settings.recognizer)
        for name in names where !name.hasPrefix(".") && !name.contains("_detect") {
            guard try await gallery.subject(named: name) == nil,
                let bytes = FileManager.default.contents(atPath: "\(folder)/\(name)").map({ [UInt8]($0) }),
                ImageFormat(recognizing: bytes) != nil
            else { continue }
            let template: Template? = try await service.run(plan, for: request.client) { work in
                try work.withPicture(bytes) { source in
                    guard let face = try work.detect(in: source).first else { return nil }
                    return Template(
                        subject: name,
                        embedding: try work.embed([face], in: source)[0],
                        boundingBox: face.boundingBox
                    )
                }
            }
            if let template {
                try await gallery.enroll(template, picture: bytes)
            } else {
                request.logger.notice("a gallery picture without a face was passed over", metadata: ["file": "\(name)"])
            }
        }
        return .json(["status": true])
    }
}
