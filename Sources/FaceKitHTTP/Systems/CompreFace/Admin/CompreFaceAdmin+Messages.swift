// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitAccounts
import Foundation

extension JSON {
    /// A person, as the administration shows one.
    init(_ user: User) {
        self = [
            "userId": .text(user.id.text), "email": .text(user.email), "firstName": .text(user.firstName),
            "lastName": .text(user.lastName),
        ]
    }

    /// A person with a role.
    init(_ user: User, role: Role) {
        self = [
            "userId": .text(user.id.text), "firstName": .text(user.firstName), "lastName": .text(user.lastName),
            "role": .text(role.rawValue), "email": .text(user.email),
        ]
    }

    init(_ seen: SeenApplication) {
        self = [
            "id": .text(seen.application.id.text), "name": .text(seen.application.name),
            "apiKey": .text(seen.application.apiKey.text),
            "role": seen.role.map { .text($0.rawValue) } ?? .null,
            "owner": seen.owner.map { owner in
                [
                    "userId": .text(owner.id.text), "firstName": .text(owner.firstName),
                    "lastName": .text(owner.lastName),
                ]
            } ?? .null,
        ]
    }

    /// A service, with the size of its collection where it is known.
    init(_ service: FaceKitAccounts.Service, counts: CollectionCounts? = nil) {
        var members: [(name: String, value: JSON)] = [
            ("id", .text(service.id.text)), ("name", .text(service.name)), ("apiKey", .text(service.apiKey.text)),
            ("type", .text(service.type.rawValue)), ("createdDate", .date(service.createdDate)),
        ]
        if let counts {
            members.append(("subjectCount", .int(counts.subjects)))
            members.append(("imageCount", .int(counts.images)))
        }
        self = .object(members)
    }

    init(_ roles: [Role]) {
        self = .array(roles.map { .text($0.rawValue) })
    }

    init(_ link: Administration.HandedLink) {
        self = ["email": .text(link.email), "link": .text(link.link), "mailed": .bool(link.isMailed)]
    }

    /// A moment in UTC without its zone, with milliseconds: `2025-03-04T08:15:30.123`.
    static func date(_ date: Date) -> JSON {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        return .text(String(date.formatted(style).prefix { $0 != "Z" }))
    }
}
