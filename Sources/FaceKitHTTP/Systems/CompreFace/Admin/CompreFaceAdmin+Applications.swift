// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitAccounts
import Foundation
import HTTPTypes
import Hummingbird

extension CompreFaceAdmin {
    var applicationRoutes: [SystemRoute] {
        [
            SystemRoute(.get, "/apps") { request in
                let seen = try await administration.applications(by: try await caller(request))
                return .json(.array(seen.map { JSON($0) }))
            },
            SystemRoute(.post, "/app") { request in
                let seen = try await administration.createApplication(
                    name: Self.text(try await body(request), "name"),
                    by: try await caller(request)
                )
                return .json(JSON(seen), status: .created)
            },
            SystemRoute(.get, "/app/{app}") { request in
                let caller = try await caller(request)
                return .json(JSON(try await administration.application(try Self.application(request), by: caller)))
            },
            SystemRoute(.put, "/app/{app}") { request in
                let seen = try await administration.renameApplication(
                    try Self.application(request),
                    to: Self.text(try await body(request), "name"),
                    by: try await caller(request)
                )
                return .json(JSON(seen))
            },
            SystemRoute(.delete, "/app/{app}") { request in
                let caller = try await caller(request)
                try await administration.deleteApplication(try Self.application(request), by: caller)
                return .empty(.ok)
            },
            SystemRoute(.put, "/app/{app}/apikey") { request in
                let caller = try await caller(request)
                return .json(
                    JSON(try await administration.renewApplicationKey(try Self.application(request), by: caller))
                )
            },
        ]
    }

    var memberRoutes: [SystemRoute] {
        [
            SystemRoute(.get, "/app/{app}/roles") { request in
                let members = try await administration.members(
                    of: try Self.application(request),
                    matching: request.query["search"] ?? "",
                    by: try await caller(request)
                )
                return .json(.array(members.map { JSON($0.user, role: $0.role) }))
            },
            SystemRoute(.get, "/app/{app}/assign-roles") { request in
                let caller = try await caller(request)
                return .json(
                    JSON(try await administration.assignableRoles(in: try Self.application(request), by: caller))
                )
            },
            SystemRoute(.post, "/app/{app}/invite") { request in
                let body = try await body(request)
                let member = try await administration.addMember(
                    email: Self.text(body, "userEmail"),
                    role: try Self.role(body),
                    to: try Self.application(request),
                    by: try await caller(request)
                )
                return .json(JSON(member.user, role: member.role), status: .created)
            },
            SystemRoute(.put, "/app/{app}/role") { request in
                let body = try await body(request)
                let member = try await administration.setRole(
                    try Self.role(body),
                    of: try Self.userID(try Self.required(body, "userId")),
                    in: try Self.application(request),
                    by: try await caller(request)
                )
                return .json(JSON(member.user, role: member.role))
            },
            SystemRoute(.delete, "/app/{app}/user/{user}") { request in
                try await administration.removeMember(
                    try Self.userID(request.parameters["user"] ?? ""),
                    from: try Self.application(request),
                    by: try await caller(request)
                )
                return .empty(.ok)
            },
        ]
    }
}
