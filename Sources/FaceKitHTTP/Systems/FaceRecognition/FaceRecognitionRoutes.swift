// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import FaceKit
import Foundation
import HTTPTypes
import Hummingbird

/// FaceRecognition: faces get tokens, tokens go into a face set, the set is searched by distance.
public struct FaceRecognitionRoutes: FaceSystem {
    /// The name of the gallery that holds the face set.
    public static let galleryName = "flask"

    /// `flask`.
    public let name = ServerConfiguration.SystemName.flask.rawValue
    private let service: FaceService
    private let settings: FaceRecognitionSettings
    private let galleries: any GalleryStore
    private let temporary: TemporaryFaces
    private let uploads: PictureFolder?
    private let crops: PictureFolder?

    /// Creates the system.
    public init(service: FaceService, galleries: any GalleryStore, settings: FaceRecognitionSettings = .init()) {
        self.service = service
        self.galleries = galleries
        self.settings = settings
        temporary = TemporaryFaces(limit: settings.temporaryFaces)
        uploads = settings.uploadFolder.map { PictureFolder(path: $0, limit: settings.keptFiles) }
        crops = settings.cropFolder.map { PictureFolder(path: $0, limit: settings.keptFiles) }
    }

    /// The endpoints.
    public var routes: SystemRoutes {
        SystemRoutes([
            SystemRoute(.post, "/detect") { try await detect($0) },
            SystemRoute(.post, "/search") { try await searchPicture($0) },
            SystemRoute(.get, "/search") { try await searchToken($0) },
            SystemRoute(.get, "/addface") { try await addFace($0) },
            SystemRoute(.get, "/removeface") { try await removeFace($0) },
            SystemRoute(.get, "/upload") { _ in .text(Self.uploadPage, type: "text/html; charset=utf-8") },
            SystemRoute(.get, "/download/{name}") { try stored($0, asAttachment: true) },
            SystemRoute(.get, "/show_photo/{name}") { try stored($0, asAttachment: false) },
        ])
    }

    private var faceSet: any Gallery {
        get async throws { try await galleries.openGallery(named: Self.galleryName) }
    }

    // MARK: Pictures

    /// A face of a picture with its crop.
    private struct FoundFace: Sendable {
        var detection: FaceDetection
        var embedding: Embedding
        var crop: [UInt8]
        var size: (width: Int, height: Int)
    }

    private func detect(_ request: SystemRequest) async throws -> Response {
        let form = try await form(request)
        guard let file = form.file("image_file"), Self.isAllowed(file.fileName) else {
            throw FaceRecognitionError.upload
        }
        let faces = try await faces(in: file, request, onlyLargest: false)
        let kept = try keep(faces)
        let tokens = await temporary.add(kept)
        return .json([
            "sucess": true, "face_num": .int(faces.count),
            "faces": .array(
                zip(faces, zip(kept, tokens)).map { face, entry in
                    Self.message(face, crop: entry.0.crop, token: entry.1)
                }
            ),
        ])
    }

    private static func message(_ face: FoundFace, crop: String, token: String) -> JSON {
        let box = face.detection.boundingBox
        func x(_ value: Float) -> JSON { .int(Int(min(max(value, 0), Float(face.size.width)))) }
        func y(_ value: Float) -> JSON { .int(Int(min(max(value, 0), Float(face.size.height)))) }
        return [
            "face_token": .text(token), "face_name": .text(crop),
            "top_left": [x(box.x), y(box.y)], "bottom_right": [x(box.maxX), y(box.maxY)],
        ]
    }

    private func searchPicture(_ request: SystemRequest) async throws -> Response {
        let form = try await form(request)
        guard let file = form.file("image_file"), let threshold = form.fields["threshold"] else {
            throw FaceRecognitionError.upload
        }
        guard !threshold.isEmpty else { throw FaceRecognitionError.missingArguments }
        let distance = try Self.distance(threshold)
        guard Self.isAllowed(file.fileName) else { throw FaceRecognitionError.file }
        guard let face = try await faces(in: file, request, onlyLargest: true).first else {
            throw FaceRecognitionError.faceInfo
        }
        let token = await temporary.add(try keep([face]))[0]
        return try await search(face.embedding, token: token, threshold: threshold, distance: distance)
    }

    private func form(_ request: SystemRequest) async throws -> MultipartForm {
        try await request.form(
            .init(
                body: settings.fileLimit * 2 + (1 << 16),
                file: settings.fileLimit,
                field: 1 << 16,
                fileNames: ["image_file"],
                filesPerName: 1
            )
        )
    }

    private static func isAllowed(_ fileName: String) -> Bool {
        guard let dot = fileName.lastIndex(of: ".") else { return false }
        return ["jpg", "jpeg", "png"].contains(fileName[fileName.index(after: dot)...].lowercased())
    }

    /// The faces of a picture, the largest first, and the picture stored where that is wanted.
    private func faces(
        in file: MultipartForm.File,
        _ request: SystemRequest,
        onlyLargest: Bool
    ) async throws -> [FoundFace] {
        guard !file.isTooLarge else { throw FaceRecognitionError.file }
        let plan = FaceService.Plan(detector: settings.detector, embeds: true, recognizer: settings.recognizer)
        let found: [FoundFace]? = try await service.run(plan, for: request.client) { work in
            guard let format = ImageFormat(recognizing: file.bytes), format == .jpeg || format == .png else {
                return nil
            }
            return try work.withPicture(file.bytes) { source in
                guard 48...4096 ~= source.width, 48...4096 ~= source.height else { return nil }
                let faces = try work.detect(in: source, order: .area, limit: onlyLargest ? 1 : 0)
                let embeddings = try work.embed(faces, in: source)
                let crops = try BoxAligner(width: 160, height: 160, margin: 4).align(faces, in: source)
                return try zip(faces, zip(embeddings, crops)).map { face, found in
                    FoundFace(
                        detection: face,
                        embedding: found.0,
                        crop: try found.1.image.encoded(as: .jpeg(quality: 95)),
                        size: (source.width, source.height)
                    )
                }
            }
        }
        guard let found else { throw FaceRecognitionError.file }
        let ending = file.fileName[
            file.fileName.index(after: file.fileName.lastIndex(of: ".") ?? file.fileName.startIndex)...
        ]
        try store { try uploads?.write(file.bytes, as: "\(UUID().uuidString.lowercased()).\(ending)") }
        return found
    }

    /// Stores the crops of faces and returns what their tokens will stand for.
    private func keep(_ faces: [FoundFace]) throws -> [TemporaryFaces.Face] {
        try faces.map { face in
            let name = "\(UUID().uuidString.lowercased()).jpg"
            try store { try crops?.write(face.crop, as: name) }
            return .init(embedding: face.embedding, crop: name)
        }
    }

    private func store(_ write: () throws -> Void) throws {
        do { try write() } catch { throw FaceRecognitionError.file }
    }

    // MARK: Tokens

    private func searchToken(_ request: SystemRequest) async throws -> Response {
        guard let token = request.query["face_token"], let threshold = request.query["threshold"], !token.isEmpty,
            !threshold.isEmpty
        else { throw FaceRecognitionError.missingArguments }
        let distance = try Self.distance(threshold)
        guard let face = try await face(token) else { throw FaceRecognitionError.faceToken }
        return try await search(face.embedding, token: token, threshold: threshold, distance: distance)
    }

    private static func distance(_ text: String) throws -> Float {
        guard let value = Float(text.trimmingCharacters(in: .whitespaces)), value.isFinite, value >= 0 else {
            throw FaceRecognitionError.badArguments
        }
        return value
    }

    /// The face of a token, temporary or in the set.
    private func face(_ token: String) async throws -> TemporaryFaces.Face? {
        if let face = await temporary.face(token) { return face }
        guard let template = try await faceSet.templates(of: token).first else { return nil }
        let crop = if case .string(let name)? = template.metadata["crop"] { name } else { "" }
        return .init(embedding: template.embedding, crop: crop)
    }

    private func search(
        _ probe: Embedding,
        token: String,
        threshold: String,
        distance: Float
    ) async throws -> Response {
        let faceSet = try await faceSet
        let scale = try await scale()
        // A little more than the threshold is looked for; the distances themselves decide.
        let reach = min(scale.inverse(of: min(distance, 2)) + 1e-3, 2)
        let candidates = try await faceSet.candidates(
            for: probe,
            SearchOptions(
                limit: try await faceSet.statistics.templateCount,
                threshold: distance >= 2 ? nil : Similarity(rawValue: 1 - reach * reach / 2)
            )
        )
        let results = candidates.compactMap { candidate -> JSON? in
            guard candidate.template.subject != token else { return nil }
            let own = Self.distance(of: probe, to: candidate.template.embedding)
            let measured = scale.applied(to: own)
            guard measured <= distance else { return nil }
            let name = if case .string(let name)? = candidate.template.metadata["name"] { name } else { "unknown" }
            return [
                "face_token": .text(candidate.template.subject), "distant": .number(measured.description),
                "face_name": .text(name),
            ]
        }
        return .json([
            "sucess": true, "face_token": .text(token), "threshold": .text(threshold), "threshlod": .text(threshold),
            "cmp_result": .array(results),
        ])
    }

    /// From the vectors themselves, because a cosine near 1 says little about small distances.
    private static func distance(of one: Embedding, to other: Embedding) -> Float {
        min(zip(one.vector, other.vector).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot(), 2)
    }

    private func scale() async throws -> DistanceScale {
        switch settings.distance {
        case .native: DistanceScale(own: 1, reference: 1)
        case .mapped:
            try await service.stages.recognizer(settings.recognizer)
                .distanceScale(reference: FaceRecognitionSettings.referenceThreshold)
        }
    }

    private func addFace(_ request: SystemRequest) async throws -> Response {
        guard let token = request.query["face_token"], !token.isEmpty else {
            throw FaceRecognitionError.missingArguments
        }
        let name = request.query["face_name"].flatMap { $0.isEmpty ? nil : $0 } ?? "unknown"
        guard name.count <= 255, !name.utf8.contains(0) else { throw FaceRecognitionError.badArguments }
        let faceSet = try await faceSet
        if let known = try await faceSet.templates(of: token).first {
            var metadata = known.metadata
            metadata["name"] = .string(name)
            try await faceSet.updateTemplate(id: known.id, TemplateChanges(metadata: metadata))
        } else {
            guard let face = await temporary.face(token) else { throw FaceRecognitionError.faceToken }
            try await faceSet.enroll(
                Template(
                    subject: token,
                    embedding: face.embedding,
                    metadata: ["name": .string(name), "crop": .string(face.crop)]
                )
            )
        }
        return .json([
            "sucess": true, "face_token": .text(token), "face_neme": .text(name), "face_name": .text(name),
        ])
    }

    private func removeFace(_ request: SystemRequest) async throws -> Response {
        guard let token = request.query["face_token"], !token.isEmpty else {
            throw FaceRecognitionError.missingArguments
        }
        let faceSet = try await faceSet
        guard let subject = try await faceSet.removeSubject(token), subject.templateCount > 0 else {
            throw FaceRecognitionError.faceToken
        }
        return .json(["sucess": true, "face_token": .text(token)])
    }

    // MARK: Stored pictures

    private func stored(_ request: SystemRequest, asAttachment: Bool) throws -> Response {
        let name = request.parameters["name"] ?? ""
        guard let bytes = uploads?.read(name) else { throw RoutingError.unknownPath }
        guard asAttachment else { return .bytes(bytes, type: "image/png") }
        let type = ImageFormat(recognizing: bytes) == .png ? "image/png" : "image/jpeg"
        var response = Response.bytes(bytes, type: type)
        response.headers[.contentDisposition] = "attachment; filename=\"\(name.filter { $0 != "\"" })\""
        return response
    }

    private static let uploadPage = """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <title>Upload a picture</title>
        <h1>Upload a picture</h1>
        <form method="post" action="detect" enctype="multipart/form-data">
        <input type="file" name="image_file" accept="image/jpeg,image/png" required>
        <input type="submit" value="Detect faces">
        </form>
        """
}
