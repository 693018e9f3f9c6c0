// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitAccounts
import Foundation
import HTTPTypes
import Hummingbird

extension CompreFaceAdmin {
    /// Signing up and the own account.
    var userRoutes: [SystemRoute] {
        [
            SystemRoute(.post, "/user/register") { try await register($0) },
            SystemRoute(.get, "/user/registration/confirm") { request in
                try await administration.confirmRegistration(
                    token: request.query["token"] ?? "",
                    origin: origin(request)
                )
                var response = Response.empty(.found)
                response.headers[.location] = "\(administration.settings.host)/login?confirmed=1"
                return response
            },
            SystemRoute(.post, "/user/forgot-password") { request in
                try await administration.forgotPassword(
                    email: Self.text(try await body(request), "email"),
                    origin: origin(request)
                )
                return .empty(.ok)
            },
            SystemRoute(.put, "/user/reset-password") { request in
                try await administration.resetPassword(
                    token: request.query["token"] ?? "",
                    password: Self.text(try await body(request), "password"),
                    origin: origin(request)
                )
                return .empty(.ok)
            },
            SystemRoute(.get, "/user/demo/model") { _ in
                .json(["apiKey": .text(try await administration.demoKey().text)])
            },
            SystemRoute(.get, "/user/me") { .json(JSON(try await caller($0).user)) },
            SystemRoute(.put, "/user/update") { request in
                let body = try await body(request)
                let user = try await administration.updateProfile(
                    firstName: Self.text(body, "firstName"),
                    lastName: Self.text(body, "lastName"),
                    by: try await caller(request)
                )
                return .json(JSON(user))
            },
            SystemRoute(.put, "/user/me/password") { request in
                let body = try await body(request)
                try await administration.changePassword(
                    old: Self.text(body, "oldPassword"),
                    new: Self.text(body, "newPassword"),
                    by: try await caller(request)
                )
                return .empty(.ok)
            },
            SystemRoute(.get, "/user/me/sessions") { request in
                let caller = try await caller(request)
                let sessions = try await administration.sessions(by: caller)
                return .json(
                    .array(
                        sessions.map { session in
                            [
                                "id": .text(session.id.text), "createdDate": .date(session.createdDate),
                                "userAgent": .text(session.origin.userAgent), "address": .text(session.origin.address),
                                "current": .bool(session.id == caller.sessionID),
                            ]
                        }
                    )
                )
            },
            SystemRoute(.delete, "/user/me/sessions/{session}") { request in
                let text = request.parameters["session"] ?? ""
                guard let id = UUID(uuidString: text) else {
                    throw AccountError(.unknownSession, "Session \(text.prefix(64)) not found")
                }
                try await administration.endSession(id, by: try await caller(request))
                return .empty(.ok)
            },
        ]
    }

    private func register(_ request: SystemRequest) async throws -> Response {
        let body = try await body(request)
        let registration = try await administration.register(
            email: Self.text(body, "email"),
            password: Self.text(body, "password"),
            firstName: Self.text(body, "firstName"),
            lastName: Self.text(body, "lastName"),
            invitation: Self.text(body, "invitation"),
            origin: origin(request)
        )
        return switch registration {
        case .usable: .empty(.created)
        case .confirmationMailed: .empty(.ok)
        }
    }

    /// The people of the whole server.
    var peopleRoutes: [SystemRoute] {
        [
            SystemRoute(.get, "/user/roles") { request in
                let users = try await administration.users(by: try await caller(request))
                return .json(.array(users.map { JSON($0, role: $0.role) }))
            },
            SystemRoute(.get, "/user/global/roles") { _ in .json(JSON(Role.allCases)) },
            SystemRoute(.get, "/user/global/assign-roles") { request in
                .json(JSON(try await administration.assignableGlobalRoles(by: try await caller(request))))
            },
            SystemRoute(.put, "/user/global/role") { request in
                let body = try await body(request)
                let user = try await administration.setGlobalRole(
                    try Self.role(body),
                    of: try Self.userID(try Self.required(body, "userId")),
                    by: try await caller(request)
                )
                return .json(JSON(user, role: user.role))
            },
            SystemRoute(.delete, "/user/{user}") { request in
                let text = request.query["replacer"] ?? "deleter"
                guard let replacer = Administration.Replacer(rawValue: text) else {
                    throw AccountError(.illegalReplacer, "Illegal replacer value=\(text)!")
                }
                try await administration.deleteUser(
                    try Self.userID(request.parameters["user"] ?? ""),
                    replacer: replacer,
                    by: try await caller(request)
                )
                return .empty(.ok)
            },
            SystemRoute(.get, "/user/autocomplete") { request in
                let query = request.query["query"] ?? ""
                let users = try await administration.users(matching: query, by: try await caller(request))
                return .json([
                    "query": .text(query), "length": .int(users.count), "results": .array(users.map { JSON($0) }),
                ])
            },
            SystemRoute(.post, "/user/invitation") { request in
                let body = try await body(request)
                let link = try await administration.invite(
                    email: Self.text(body, "email"),
                    role: try Self.role(body),
                    by: try await caller(request)
                )
                return .json(JSON(link), status: .created)
            },
            SystemRoute(.post, "/user/{user}/password-link") { request in
                let link = try await administration.makePasswordLink(
                    for: try Self.userID(request.parameters["user"] ?? ""),
                    by: try await caller(request)
                )
                return .json(JSON(link), status: .created)
            },
            SystemRoute(.get, "/audit") { try await audit($0) },
        ]
    }

    private func audit(_ request: SystemRequest) async throws -> Response {
        let size = min(max(request.query["size"].flatMap { Int($0) } ?? 50, 1), 500)
        let page = min(max(request.query["page"].flatMap { Int($0) } ?? 0, 0), 1_000_000)
        let log = try await administration.auditLog(offset: page * size, limit: size, by: try await caller(request))
        let entries = log.entries.map { entry -> JSON in
            [
                "createdDate": .date(entry.date), "actor": entry.actor.map { .text($0) } ?? .null,
                "action": .text(entry.action), "subject": entry.subject.map { .text($0) } ?? .null,
                "address": .text(entry.address),
            ]
        }
        return .json([
            "entries": .array(entries), "page": .int(page), "size": .int(size),
            "totalPages": .int((log.count + size - 1) / size), "totalElements": .int(log.count),
        ])
    }
}
