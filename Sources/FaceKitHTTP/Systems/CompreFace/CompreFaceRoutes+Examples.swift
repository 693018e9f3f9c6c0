// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation
import HTTPTypes
import Hummingbird

extension CompreFaceRoutes {
    var exampleRoutes: [SystemRoute] {
        [
            SystemRoute(.post, "/recognition/faces") { try await addExample($0) },
            SystemRoute(.get, "/recognition/faces") { try await listExamples($0) },
            SystemRoute(.delete, "/recognition/faces") { try await removeExamples($0) },
            SystemRoute(.delete, "/recognition/faces/{image_id}") { try await removeExample($0) },
            SystemRoute(.post, "/recognition/faces/delete") { try await removeListedExamples($0) },
            SystemRoute(.get, "/recognition/faces/{image_id}/img") { try await picture($0) },
        ]
    }

    /// The id in a path.
    func imageID(_ request: SystemRequest) throws(CompreFaceError) -> UUID {
        guard let id = UUID(uuidString: request.parameters["image_id"] ?? "") else { throw .bare(.badRequest) }
        return id
    }

    private func addExample(_ request: SystemRequest) async throws -> Response {
        let input: CompreFaceInput
        do {
            input = try await CompreFaceInput(request, pictures: ["file"], settings: settings)
        } catch RequestBodyError.wrongContentType {
            throw CompreFaceError.unforeseen
        }
        try input.require("file", field: "content")
        guard let subject = input.items.text("subject") else { throw CompreFaceError.missingParameter("subject") }
        let parameters = try CompreFaceParameters(input.items, confidence: settings.confidence)
        guard subject.contains(where: { !$0.isWhitespace }) else {
            throw CompreFaceError.validation("Subject name is empty; ")
        }
        guard subject.count <= 255, !subject.utf8.contains(0) else {
            throw CompreFaceError.validation("Subject name size must be between 1 and 255")
        }
        let gallery = try await writableCollection(request)
        let bytes = try input.picture("file", isStored: true)
        try parameters.checkConfidence()
        let faces = try await faces(in: bytes, parameters, embeds: true, request)
        guard faces.faces.count == 1, let embedding = faces.faces[0].embedding else {
            throw CompreFaceError.severalFaces
        }
        let template = Template(
            subject: subject,
            embedding: embedding,
            boundingBox: faces.faces[0].detection.boundingBox
        )
        try checkNoMigration()
        try await gallery.enroll(template, picture: settings.keepsPictures ? bytes : nil)
        return .json(
            ["image_id": .text(template.id.uuidString.lowercased()), "subject": .text(subject)],
            status: .created
        )
    }

    private static func message(_ template: Template) -> JSON {
        ["image_id": .text(template.id.uuidString.lowercased()), "subject": .text(template.subject)]
    }

    private func listExamples(_ request: SystemRequest) async throws -> Response {
        func number(_ name: String, default fallback: Int, from lowest: Int) -> Int {
            request.query[name].flatMap { Int($0) }.flatMap { $0 >= lowest ? $0 : nil } ?? fallback
        }
        let size = min(number("size", default: 20, from: 1), 2000)
        let page = min(number("page", default: 0, from: 0), Int(Int32.max))
        let gallery = try await collection(request)
        var filter = TemplateFilter.all
        if let name = request.query["subject"], !name.isEmpty {
            // Subjects are told apart without regard to case, but this parameter is exact.
            guard let subject = try await gallery.subject(named: name), subject.name == name else {
                return .json(Self.page([], number: page, size: size, count: 0))
            }
            filter = .subject(name)
        }
        let count = try await gallery.count(matching: filter)
        let templates = try await gallery.templates(matching: filter, Page(offset: page * size, limit: size)).templates
        return .json(Self.page(templates, number: page, size: size, count: count))
    }

    private static func page(_ templates: [Template], number: Int, size: Int, count: Int) -> JSON {
        [
            "faces": .array(templates.map(message)), "page_number": .int(number), "page_size": .int(size),
            "total_pages": .int((count + size - 1) / size), "total_elements": .int(count),
        ]
    }

    private func removeExamples(_ request: SystemRequest) async throws -> Response {
        let gallery = try await writableCollection(request)
        guard let subject = request.query["subject"] else {
            return .json(["deleted": .int(try await gallery.removeAll().templateCount)])
        }
        guard subject.contains(where: { !$0.isWhitespace }) else {
            throw CompreFaceError.validation("Subject name is empty; ")
        }
        return .json(["deleted": .int(try await gallery.removeSubject(subject)?.templateCount ?? 0)])
    }

    private func removeExample(_ request: SystemRequest) async throws -> Response {
        let id = try imageID(request)
        guard let removed = try await writableCollection(request).removeTemplate(id: id) else {
            throw CompreFaceError.unknownImage(id.uuidString.lowercased())
        }
        return .json(Self.message(removed))
    }

    private func removeListedExamples(_ request: SystemRequest) async throws -> Response {
        guard request.isJSON else { throw RequestBodyError.wrongContentType(request.mediaType) }
        guard let elements = try await request.json(limit: settings.bodyLimit).elements else {
            throw CompreFaceError.bare(.badRequest)
        }
        let ids = try elements.map { element in
            guard let id = element.text.flatMap({ UUID(uuidString: $0) }) else {
                throw CompreFaceError.bare(.badRequest)
            }
            return id
        }
        let removed = try await writableCollection(request).removeTemplates(ids: ids)
        return .json(.array(removed.map(Self.message)))
    }

    private func picture(_ request: SystemRequest) async throws -> Response {
        let id = try imageID(request)
        return Self.picture(try await collection(request).picture(of: id))
    }

    /// A picture, or nothing where there is none, either with status 200.
    static func picture(_ bytes: [UInt8]?) -> Response {
        guard let bytes, !bytes.isEmpty else {
            var response = Response.empty(.ok)
            response.headers[.contentType] = "application/octet-stream"
            return response
        }
        var response = Response.bytes(bytes, type: "application/octet-stream")
        response.headers[.cacheControl] = "public, max-age=31536000"
        return response
    }
}
