// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitAccounts
import Foundation
import Hummingbird
import Logging

extension CompreFaceRoutes {
    /// The endpoints without a key.
    var openRoutes: [SystemRoute] {
        [
            SystemRoute(.get, "/config") { _ in
                .json([
                    "clientMaxFileSize": .int(settings.fileLimit), "clientMaxBodySize": .int(settings.bodyLimit),
                ])
            },
            SystemRoute(.get, "/consistence/status") { _ in try await consistence() },
            SystemRoute(.get, "/static/{key}/images/{image_id}") { try await staticPicture($0) },
            SystemRoute(.post, "/migrate") { try await migrate($0) },
        ]
    }

    private func consistence() async throws -> Response {
        let space = try? await service.stages.recognizer(settings.recognizer).space
        var isInconsistent = false
        for owner in try await directory.services() where owner.type == .recognition {
            let used = try await collections.gallery(of: owner.id).space
            if let used, let space, used != space { isInconsistent = true }
        }
        return .json([
            "demoFaceCollectionIsInconsistent": false, "dbIsInconsistent": .bool(isInconsistent),
            "saveImagesToDB": .bool(settings.keepsPictures), "status": "OK",
        ])
    }

    private func staticPicture(_ request: SystemRequest) async throws -> Response {
        guard let key = APIKey(request.parameters["key"] ?? ""),
            let id = UUID(uuidString: request.parameters["image_id"] ?? ""),
            let owner = try await directory.service(withKey: key), owner.type == .recognition
        else { return Self.picture(nil) }
        return Self.picture(try await collections.gallery(of: owner.id).picture(of: id))
    }

    private func migrate(_ request: SystemRequest) async throws -> Response {
        guard settings.allowsMigration else {
            throw CompreFaceError.coded(1, "Access denied", status: .forbidden)
        }
        guard migration.begin() else { throw CompreFaceError.coded(27, "Migration already executing") }
        let logger = request.logger
        Task {
            defer { migration.end() }
            do {
                for owner in try await directory.services() where owner.type == .recognition {
                    try await migration.run(
                        on: collections.gallery(of: owner.id),
                        service: service,
                        settings: settings
                    )
                }
                logger.notice("the migration is done")
            } catch {
                logger.error("the migration failed: \(error)")
            }
        }
        return .text("Migration started", type: "text/plain;charset=UTF-8")
    }
}
