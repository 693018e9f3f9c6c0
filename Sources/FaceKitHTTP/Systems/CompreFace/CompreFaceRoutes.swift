// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import FaceKit
public import FaceKitAccounts
import Foundation
import HTTPTypes
public import Hummingbird

/// CompreFace's face API: what lies below `/api/v1`.
public struct CompreFaceRoutes: FaceSystem {
    /// `compreface`.
    public let name = ServerConfiguration.SystemName.compreface.rawValue
    let service: FaceService
    let settings: CompreFaceSettings
    let directory: any ServiceDirectory
    let collections: CompreFaceCollections
    let migration: CompreFaceMigration

    /// Creates the system.
    ///
    /// - Parameters:
    ///   - service: Computes.
    ///   - directory: Knows the services and their keys.
    ///   - galleries: Hold the collections of recognition services.
    ///   - settings: What can be set.
    public init(
        service: FaceService,
        directory: any ServiceDirectory,
        galleries: any GalleryStore,
        settings: CompreFaceSettings = .init()
    ) {
        self.service = service
        self.directory = directory
        self.settings = settings
        collections = CompreFaceCollections(galleries: galleries)
        migration = CompreFaceMigration()
    }

    /// The endpoints, as paths below `/api/v1`.
    public var routes: SystemRoutes {
        SystemRoutes(subjectRoutes + exampleRoutes + recognitionRoutes + embeddingRoutes + openRoutes + preflight)
    }

    /// The paths that need no key.
    private static let open: Set<Substring> = ["migrate", "consistence", "static", "config"]

    /// Checks the key before path, method and body are looked at.
    public func admit(_ request: SystemRequest) async throws {
        guard request.method != .options, let first = request.path.first, !Self.open.contains(first) else { return }
        let key = try key(of: request)
        let type: ServiceType
        switch first {
        case let first where first.hasPrefix("recognition"): type = .recognition
        case let first where first.hasPrefix("detection"): type = .detection
        case let first where first.hasPrefix("verification"): type = .verification
        default: return
        }
        guard let service = try await directory.service(withKey: key, type: type) else {
            throw CompreFaceError.unknownKey(type, key.text)
        }
        let path = request.path.prefix(2).joined(separator: "/")
        if ["recognition/recognize", "detection/detect", "verification/verify"].contains(path) {
            directory.countRequest(to: service.id)
        }
        // An encoded slash could name another path than the one that is meant.
        guard !request.path.contains(where: { $0.lowercased().contains("%2f") }) else {
            throw CompreFaceError.bare(.badRequest)
        }
    }

    private func key(of request: SystemRequest) throws(CompreFaceError) -> APIKey {
        guard let sent = request.header("x-api-key") else { throw .missingHeader }
        guard let key = APIKey(sent.trimmingCharacters(in: .whitespaces)) else { throw .malformedKey }
        return key
    }

    /// The service whose key a request has; ``admit(_:)`` made sure that there is one.
    func authorized(_ request: SystemRequest, _ type: ServiceType) async throws -> Service {
        let key = try key(of: request)
        guard let service = try await directory.service(withKey: key, type: type) else {
            throw CompreFaceError.unknownKey(type, key.text)
        }
        return service
    }

    /// The collection of the recognition service whose key a request has.
    func collection(_ request: SystemRequest) async throws -> any Gallery {
        try await collections.gallery(of: try await authorized(request, .recognition).id)
    }

    /// As ``collection(_:)``, for requests that change it.
    func writableCollection(_ request: SystemRequest) async throws -> any Gallery {
        let gallery = try await collection(request)
        try checkNoMigration()
        return gallery
    }

    func checkNoMigration() throws(CompreFaceError) {
        if migration.isRunning { throw .writesDuringMigration }
    }

    /// The shape of answers to a request: its own wish, else the service's, else the server's.
    func version(_ request: SystemRequest, _ service: Service) -> CompreFaceSettings.AnswerVersion {
        request.header("X-CompreFace-Version").flatMap { .init(rawValue: $0) }
            ?? service.settings.answerVersion.flatMap { .init(rawValue: $0) } ?? settings.answerVersion
    }

    // MARK: Sharing with pages of other origins

    private var preflight: [SystemRoute] {
        // Any path answers, so the routes are those of every depth that the API has.
        (0...5).map { depth in
            SystemRoute(.options, "/" + (0..<depth).map { "{\($0)}" }.joined(separator: "/")) { _ in
                var response = Response.empty(.noContent)
                response.headers[.contentLength] = nil
                response.headers[.accessControlMaxAge] = "1728000"
                return response
            }
        }
    }

    /// Lets pages of any origin use the API.
    public func complete(_ response: inout Response, for request: SystemRequest) {
        response.headers[.accessControlAllowOrigin] = "*"
        response.headers[.accessControlAllowMethods] = "GET, POST, OPTIONS, PUT, DELETE"
        response.headers[.accessControlAllowHeaders] =
            "DNT,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,x-api-key"
    }
}
