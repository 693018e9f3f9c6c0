// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation
import Hummingbird

/// mtcnn_demo: which faces of a picture are good enough for recognition, and their crops.
public struct MTCNNRoutes: FaceSystem {
    /// `mtcnn`.
    public let name = ServerConfiguration.SystemName.mtcnn.rawValue
    static let html = "text/html; charset=UTF-8"

    private let service: FaceService
    let settings: MTCNNSettings

    /// Creates the system.
    public init(service: FaceService, settings: MTCNNSettings = .init()) {
        self.service = service
        self.settings = settings
    }

    /// The endpoints.
    public var routes: SystemRoutes {
        var routes = [
            SystemRoute(.get, "/") { _ in .text("Hello, face", type: Self.html) },
            SystemRoute(.get, "/livez") { _ in
                .text("\(Date().timeIntervalSince1970) live ^_^ ", type: Self.html)
            },
            SystemRoute(.get, "/readyz") { _ in try await ready() },
            SystemRoute(.post, "/upload") { try await upload($0) },
            SystemRoute(.post, "/uploads") { try await uploads($0) },
            SystemRoute(.post, "/b64_detect_face") { try await base64($0) },
        ]
        if settings.servesToken {
            routes.append(
                SystemRoute(.get, "/token") { _ in .json(["token": .text(settings.tokens.first ?? "")]) }
            )
        }
        return SystemRoutes(routes)
    }

    /// Checks the token of the paths that want one, before the body is read.
    public func admit(_ request: SystemRequest) async throws {
        guard ["upload", "uploads", "b64_detect_face"].contains(request.path.first ?? "") else { return }
        guard let sent = request.header("Authorization"), !sent.isEmpty else { throw MTCNNError.unauthorized }
        // The original's later variant wants the scheme; without it the token is sent bare.
        let bare = sent.hasPrefix("Bearer ") ? String(sent.dropFirst("Bearer ".count)) : sent
        // Every token is compared, so that the time says nothing about which one came near.
        var isKnown = false
        for token in settings.tokens where !token.isEmpty {
            if Secret.matches(token, bare) || Secret.matches(token, sent) { isKnown = true }
        }
        guard isKnown else { throw MTCNNError.forbidden }
    }

    private var plan: FaceService.Plan { .init(detector: settings.detector, attributes: [.pose]) }

    private func ready() async throws -> Response {
        do {
            _ = try await service.stages.detector(settings.detector)
            _ = try await service.stages.attributes([.pose])
            return .text(" ready  ^_^", type: Self.html)
        } catch {
            throw MTCNNError.notReady(error)
        }
    }

    private func upload(_ request: SystemRequest) async throws -> Response {
        guard let file = try await files(of: request, limit: 1).first else { throw MTCNNError.noFiles }
        let analysis: MTCNNAnalysis? = try await analyze(file.fileName) {
            try await service.run(plan, for: request.client) { [settings] work in
                guard let image = try? work.decode(file.bytes) else { return nil }
                return try MTCNNAnalysis(of: image, settings: settings, work)
            }
        }
        guard let analysis else { throw MTCNNError.incomplete(file: file.fileName) }
        return .json(analysis.json)
    }

    private func uploads(_ request: SystemRequest) async throws -> Response {
        let files = try await files(of: request, limit: settings.pictureLimit)
        guard let first = files.first else { throw MTCNNError.noFiles }
        let analyses: [MTCNNAnalysis?] = try await analyze(first.fileName) {
            try await service.run(plan, count: files.count, for: request.client) { [settings] work, index in
                guard let image = try? work.decode(files[index].bytes) else { return nil }
                return try MTCNNAnalysis(of: image, settings: settings, work)
            }
        }
        return .json(.array(analyses.compactMap { $0?.json }))
    }

    private func base64(_ request: SystemRequest) async throws -> Response {
        guard case .string(let picture)? = try await request.json(limit: settings.bodyLimit)["image_b64"] else {
            throw MTCNNError.noFiles
        }
        let analysis: MTCNNAnalysis? = try await analyze("image_b64") {
            try await service.run(plan, for: request.client) { [settings] work in
                guard let bytes = Base64.decodePicture(picture.utf8), let image = try? work.decode(bytes) else {
                    return nil
                }
                return try MTCNNAnalysis(of: image, settings: settings, work)
            }
        }
        guard let analysis else { throw MTCNNError.incomplete(file: "image_b64") }
        return .json(analysis.json)
    }

    private func files(of request: SystemRequest, limit: Int) async throws -> [MultipartForm.File] {
        try await request.form(.init(body: settings.bodyLimit, fileNames: ["image"], filesPerName: limit)).files
    }

    /// Turns what nobody foresaw into the native error that names the file.
    private func analyze<Result>(_ file: String, _ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error as ComputePool.Overloaded {
            throw error
        } catch let error as CancellationError {
            throw error
        } catch {
            throw MTCNNError.failed(file: file, error)
        }
    }
}
