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
    private let fetcher: (any PictureFetcher)?
    private let folder: PictureFolder?

    /// Creates the system.
    ///
    /// `fetcher`: Fetches the pictures of `/url_detect_face`; `nil` leaves the path out.
    public init(service: FaceService, settings: MTCNNSettings = .init(), fetcher: (any PictureFetcher)? = nil) {
        self.service = service
        self.settings = settings
        self.fetcher = fetcher
        folder = settings.objectificationFolder.map { PictureFolder(path: $0, limit: settings.keptFiles) }
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
        if let fetcher {
            routes.append(SystemRoute(.get, "/url_detect_face") { try await fetched($0, fetcher) })
        }
        if settings.servesToken {
            routes.append(
                SystemRoute(.get, "/token") { _ in .json(["token": .text(settings.tokens.first ?? "")]) }
            )
        }
        return SystemRoutes(routes)
    }

    /// Checks the token of the paths that want one, before the body is read.
    public func admit(_ request: SystemRequest) async throws {
        guard ["upload", "uploads", "b64_detect_face", "url_detect_face"].contains(request.path.first ?? "") else {
            return
        }
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
        return try await analysis(of: file.bytes, called: file.fileName, request)
    }

    /// What there is to say of a picture; `nil` when it cannot be decoded.
    private func analyze(_ bytes: [UInt8], _ work: FaceWork) throws -> MTCNNAnalysis? {
        let analysis = try work.withPicture(bytes) { try MTCNNAnalysis(of: $0, settings: settings, work) }
        if let folder { try analysis?.write(into: folder) }
        return analysis
    }

    /// The answer about one picture.
    private func analysis(of bytes: [UInt8], called name: String, _ request: SystemRequest) async throws -> Response {
        let analysis = try await naming(name) {
            try await service.run(plan, for: request.client) { work in try analyze(bytes, work) }
        }
        guard let analysis else { throw MTCNNError.incomplete(file: name) }
        return .json(analysis.json)
    }

    private func uploads(_ request: SystemRequest) async throws -> Response {
        let files = try await files(of: request, limit: settings.pictureLimit)
        guard let first = files.first else { throw MTCNNError.noFiles }
        let analyses = try await naming(first.fileName) {
            try await service.run(plan, count: files.count, for: request.client) { work, index in
                try analyze(files[index].bytes, work)
            }
        }
        return .json(.array(analyses.compactMap { $0?.json }))
    }

    private func base64(_ request: SystemRequest) async throws -> Response {
        guard case .string(let picture)? = try await request.json(limit: settings.bodyLimit)["image_b64"] else {
            throw MTCNNError.noFiles
        }
        return try await analysis(of: Base64.decodePicture(picture.utf8) ?? [], called: "image_b64", request)
    }

    private func fetched(_ request: SystemRequest, _ fetcher: any PictureFetcher) async throws -> Response {
        guard let address = request.query["image_url"], !address.isEmpty else { throw MTCNNError.noFiles }
        let name = address.split(separator: "/").last.map(String.init) ?? address
        do {
            let bytes = try await fetcher.fetch(address, limit: settings.urlPictureLimit)
            return try await analysis(of: bytes, called: name, request)
        } catch PictureFetcherFault.refused {
            throw MTCNNError.noFiles
        } catch PictureFetcherFault.failed {
            throw MTCNNError.incomplete(file: name)
        }
    }

    private func files(of request: SystemRequest, limit: Int) async throws -> [MultipartForm.File] {
        try await request.form(.init(body: settings.bodyLimit, fileNames: ["image"], filesPerName: limit)).files
    }

    /// Turns what nobody foresaw into the native error that names the file.
    private func naming<Result>(_ file: String, _ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch  where error is ComputePool.Overloaded || error is ComputePool.ClientGone || error is CancellationError
        {
            throw error
        } catch {
            throw MTCNNError.failed(file: file, error)
        }
    }
}
