// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation
import HTTPTypes
import Hummingbird

extension NativeRoutes {
    /// The endpoints that keep something, where there is a place for it.
    var stateful: [SystemRoute] {
        guard let galleries else { return [] }
        return [
            SystemRoute(.get, "/v1/gallery") { _ in try await describe(opened(galleries)) },
            SystemRoute(.get, "/v1/subjects") { try await listSubjects($0, opened(galleries)) },
            SystemRoute(.post, "/v1/subjects") { try await addSubject($0, opened(galleries)) },
            SystemRoute(.get, "/v1/subjects/{subject}") { try await showSubject($0, opened(galleries)) },
            SystemRoute(.put, "/v1/subjects/{subject}") { try await renameSubject($0, opened(galleries)) },
            SystemRoute(.delete, "/v1/subjects/{subject}") { try await removeSubject($0, opened(galleries)) },
            SystemRoute(.get, "/v1/faces") { try await listFaces($0, opened(galleries)) },
            SystemRoute(.post, "/v1/faces") { try await enroll($0, opened(galleries)) },
            SystemRoute(.get, "/v1/faces/{id}") { try await showFace($0, opened(galleries)) },
            SystemRoute(.delete, "/v1/faces/{id}") { try await removeFace($0, opened(galleries)) },
            SystemRoute(.get, "/v1/faces/{id}/picture") { try await showPicture($0, opened(galleries)) },
            SystemRoute(.post, "/v1/search") { try await search($0, opened(galleries)) },
        ]
    }

    /// The name of the gallery of the native API.
    public static var galleryName: String { "native" }

    private func opened(_ galleries: any GalleryStore) async throws -> any Gallery {
        try await galleries.openGallery(named: Self.galleryName)
    }

    private func describe(_ gallery: any Gallery) async throws -> Response {
        let statistics = try await gallery.statistics
        return .json([
            "subjects": .int(statistics.subjectCount), "faces": .int(statistics.templateCount),
            "pictures": .int(statistics.pictureCount),
            "space": statistics.space.map(JSON.text) ?? .null,
            "dimension": statistics.dimension.map(JSON.int) ?? .null,
        ])
    }

    /// The page that a request asks for by `offset` and `limit`.
    private static func page(_ request: SystemRequest) throws -> (offset: Int, limit: Int) {
        func number(_ name: String, default fallback: Int, in range: ClosedRange<Int>) throws -> Int {
            guard let text = request.query[name] else { return fallback }
            guard let value = Int(text), range.contains(value) else {
                throw NativeError.invalid(
                    "\(name): a whole number from \(range.lowerBound) to \(range.upperBound) is wanted"
                )
            }
            return value
        }
        return (
            try number("offset", default: 0, in: 0...1_000_000_000), try number("limit", default: 100, in: 1...1000)
        )
    }

    // MARK: Subjects

    private static func message(_ subject: Subject) -> JSON {
        [
            "name": .text(subject.name), "faces": .int(subject.templateCount),
            "created": .text(timestamp(subject.created)),
        ]
    }

    private static func timestamp(_ date: Date) -> String {
        date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    private static func checked(_ name: String) throws -> String {
        guard name.contains(where: { !$0.isWhitespace }), name.unicodeScalars.count <= 250, !name.utf8.contains(0)
        else { throw NativeError.invalid("a subject's name has 1 to 250 characters, not only spaces, and no NUL") }
        return name
    }

    /// The name in a path.
    private static func subject(_ request: SystemRequest) throws -> String {
        try checked(request.parameters["subject"] ?? "")
    }

    private func listSubjects(_ request: SystemRequest, _ gallery: any Gallery) async throws -> Response {
        let (offset, limit) = try Self.page(request)
        let subjects = try await gallery.subjects(Page(offset: offset, limit: limit)).subjects
        return .json([
            "subjects": .array(subjects.map(Self.message)), "offset": .int(offset), "limit": .int(limit),
            "total": .int(try await gallery.statistics.subjectCount),
        ])
    }

    /// The member `name` of a JSON body.
    private func name(in request: SystemRequest) async throws -> String {
        guard request.isJSON else { throw RequestBodyError.wrongContentType(request.mediaType) }
        let json = try await request.json(limit: 1 << 20)
        guard let name = json["name"]?.text else { throw NativeError.invalid("name is missing or no text") }
        return try Self.checked(name)
    }

    private func addSubject(_ request: SystemRequest, _ gallery: any Gallery) async throws -> Response {
        let name = try await name(in: request)
        guard try await gallery.addSubject(name), let subject = try await gallery.subject(named: name) else {
            throw NativeError(status: .conflict, code: "duplicateSubject", message: "there is a subject of that name")
        }
        return .json(Self.message(subject), status: .created)
    }

    private func showSubject(_ request: SystemRequest, _ gallery: any Gallery) async throws -> Response {
        guard let subject = try await gallery.subject(named: Self.subject(request)) else {
            throw NativeError.notFound("there is no such subject")
        }
        return .json(Self.message(subject))
    }

    private func renameSubject(_ request: SystemRequest, _ gallery: any Gallery) async throws -> Response {
        let new = try await name(in: request)
        let outcome = try await gallery.renameSubject(Self.subject(request), to: new)
        guard outcome != .notFound, let subject = try await gallery.subject(named: new) else {
            throw NativeError.notFound("there is no such subject")
        }
        return .json(Self.message(subject))
    }

    private func removeSubject(_ request: SystemRequest, _ gallery: any Gallery) async throws -> Response {
        guard let subject = try await gallery.removeSubject(Self.subject(request)) else {
            throw NativeError.notFound("there is no such subject")
        }
        return .json(Self.message(subject))
    }

    // MARK: Faces

    private static func message(_ template: Template) -> JSON {
        var members: [(name: String, value: JSON)] = [
            ("id", .text(template.id.uuidString.lowercased())), ("subject", .text(template.subject)),
            ("enrolled", .text(timestamp(template.enrolled))), ("space", .text(template.embedding.space)),
        ]
        if let box = template.boundingBox {
            members.append(
                ("box", .array([box.x, box.y, box.width, box.height].map { .rounded(Double($0), digits: 2) }))
            )
        }
        members.append(("has_picture", .bool(template.pictureSize != nil)))
        return .object(members)
    }

    private static func id(_ request: SystemRequest) throws -> UUID {
        guard let id = UUID(uuidString: request.parameters["id"] ?? "") else {
            throw NativeError.invalid("the id of a face is a UUID")
        }
        return id
    }

    private func listFaces(_ request: SystemRequest, _ gallery: any Gallery) async throws -> Response {
        let (offset, limit) = try Self.page(request)
        let filter = request.query["subject"].map { TemplateFilter.subject($0) } ?? .all
        let faces = try await gallery.templates(matching: filter, Page(offset: offset, limit: limit)).templates
        return .json([
            "faces": .array(faces.map(Self.message)), "offset": .int(offset), "limit": .int(limit),
            "total": .int(try await gallery.count(matching: filter)),
        ])
    }

    private func enroll(_ request: SystemRequest, _ gallery: any Gallery) async throws -> Response {
        let (pictures, values) = try await request.pictures(["picture"], settings: settings)
        let fields = NativeFields(values)
        let subject = try Self.checked(try fields.text("subject"))
        let confidence = try fields.number("min_confidence", default: 0, in: 0...1)
        guard let picture = pictures["picture"]?.first else { throw NativeError.invalid("picture is missing") }
        let plan = FaceService.Plan(detector: settings.detector, embeds: true, recognizer: settings.recognizer)
        let template = try await service.run(plan, for: request.client) { work in
            let source = try work.open(picture.bytes)
            let faces = try work.detect(in: source, minimumConfidence: confidence)
            guard let face = faces.first else { throw NativeError.noFace(picture.name) }
            guard faces.count == 1 else {
                throw NativeError(
                    status: .unprocessableContent,
                    code: "severalFaces",
                    message: "\(faces.count) faces were found in \(picture.name) where one is wanted"
                )
            }
            return Template(
                subject: subject,
                embedding: try work.embed([face], in: source)[0],
                boundingBox: face.boundingBox
            )
        }
        try await gallery.enroll(template, picture: settings.keepsPictures ? picture.bytes : nil)
        guard let kept = try await gallery.template(id: template.id) else {
            throw NativeError.notFound("the face was removed meanwhile")
        }
        return .json(Self.message(kept), status: .created)
    }

    private func showFace(_ request: SystemRequest, _ gallery: any Gallery) async throws -> Response {
        guard let template = try await gallery.template(id: try Self.id(request)) else {
            throw NativeError.notFound("there is no such face")
        }
        return .json(Self.message(template))
    }

    private func removeFace(_ request: SystemRequest, _ gallery: any Gallery) async throws -> Response {
        guard let template = try await gallery.removeTemplate(id: try Self.id(request)) else {
            throw NativeError.notFound("there is no such face")
        }
        return .json(Self.message(template))
    }

    private func showPicture(_ request: SystemRequest, _ gallery: any Gallery) async throws -> Response {
        guard let bytes = try await gallery.picture(of: try Self.id(request)) else {
            throw NativeError.notFound("there is no such picture")
        }
        let type =
            switch ImageFormat(recognizing: bytes) {
            case .png: "image/png"
            case .gif: "image/gif"
            case .webp: "image/webp"
            case .bmp: "image/bmp"
            case .tiff: "image/tiff"
            case .icon: "image/vnd.microsoft.icon"
            default: "image/jpeg"
            }
        return .bytes(bytes, type: type)
    }

    // MARK: Search

    private func search(_ request: SystemRequest, _ gallery: any Gallery) async throws -> Response {
        let (pictures, values) = try await request.pictures(["picture"], settings: settings)
        guard let picture = pictures["picture"]?.first else { throw NativeError.invalid("picture is missing") }
        let fields = NativeFields(values)
        let recognizer = try await service.stages.recognizer(settings.recognizer)
        let limit = try fields.int("limit", default: 1, in: 1...1000)
        let threshold = try fields.number("threshold", default: recognizer.threshold ?? -1, in: -1...1)
        let confidence = try fields.number("min_confidence", default: 0, in: 0...1)
        let plan = FaceService.Plan(detector: settings.detector, embeds: true, recognizer: settings.recognizer)
        let (faces, embeddings) = try await service.run(plan, for: request.client) { work in
            let source = try work.open(picture.bytes)
            let faces = try work.detect(in: source, minimumConfidence: confidence)
            return (faces, try work.embed(faces, in: source))
        }
        let candidates = try await gallery.candidates(
            for: embeddings,
            SearchOptions(limit: limit, ranking: .subjects, threshold: Similarity(rawValue: threshold))
        )
        let messages = zip(faces, candidates).map { face, candidates -> JSON in
            let list = candidates.map { candidate -> JSON in
                [
                    "subject": .text(candidate.template.subject),
                    "face": .text(candidate.template.id.uuidString.lowercased()),
                    "similarity": .rounded(Double(candidate.similarity.rawValue), digits: 6),
                ]
            }
            return .object(Self.members(of: face) + [("candidates", .array(list))])
        }
        return .json([
            "threshold": .rounded(Double(threshold), digits: 6), "space": .text(recognizer.space),
            "faces": .array(messages),
        ])
    }
}
