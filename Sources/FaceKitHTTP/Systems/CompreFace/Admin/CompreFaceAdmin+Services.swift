// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitAccounts
import Foundation
import HTTPTypes
import Hummingbird

extension CompreFaceAdmin {
    var serviceRoutes: [SystemRoute] {
        [
            SystemRoute(.get, "/app/{app}/models") { request in
                let caller = try await caller(request)
                let services = try await administration.services(of: try Self.application(request), by: caller)
                return .json(.array(services.map { JSON($0) }))
            },
            SystemRoute(.post, "/app/{app}/model") { request in
                let body = try await body(request)
                let text = try Self.required(body, "type")
                guard let type = ServiceType(rawValue: text) else {
                    throw AccountError(.invalidValue, "Model Type '\(text)' doesn't exist!")
                }
                let service = try await administration.createService(
                    name: Self.text(body, "name"),
                    type: type,
                    in: try Self.application(request),
                    by: try await caller(request)
                )
                return .json(JSON(service), status: .created)
            },
            SystemRoute(.get, "/app/{app}/model/{model}") { request in
                let (service, counts) = try await administration.service(
                    try Self.service(request),
                    of: try Self.application(request),
                    by: try await caller(request)
                )
                return .json(JSON(service, counts: counts))
            },
            SystemRoute(.post, "/app/{app}/model/{model}") { request in
                let service = try await administration.cloneService(
                    try Self.service(request),
                    name: Self.text(try await body(request), "name"),
                    of: try Self.application(request),
                    by: try await caller(request)
                )
                return .json(JSON(service))
            },
            SystemRoute(.put, "/app/{app}/model/{model}") { request in
                let service = try await administration.renameService(
                    try Self.service(request),
                    to: Self.text(try await body(request), "name"),
                    of: try Self.application(request),
                    by: try await caller(request)
                )
                return .json(JSON(service))
            },
            SystemRoute(.delete, "/app/{app}/model/{model}") { request in
                try await administration.deleteService(
                    try Self.service(request),
                    of: try Self.application(request),
                    by: try await caller(request)
                )
                return .empty(.ok)
            },
            SystemRoute(.put, "/app/{app}/model/{model}/apikey") { request in
                let service = try await administration.renewServiceKey(
                    try Self.service(request),
                    of: try Self.application(request),
                    by: try await caller(request)
                )
                return .json(JSON(service))
            },
            SystemRoute(.get, "/app/{app}/model/{model}/statistics") { request in
                let counts = try await administration.statistics(
                    of: try Self.service(request),
                    of: try Self.application(request),
                    by: try await caller(request)
                )
                return .json(
                    .array(
                        counts.map { ["requestCount": .int($0.requests), "createdDate": .text($0.day)] }
                    )
                )
            },
        ]
    }
}
