// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import FaceKit
import Foundation
import Hummingbird

/// FaceKit's own API: `/v1`, its description, and what operators look at.
public struct NativeRoutes: FaceSystem {
    /// `native`.
    public let name = "native"
    let service: FaceService
    let settings: NativeSettings
    let galleries: (any GalleryStore)?
    let metrics: PrometheusMetrics?
    let isReady: @Sendable () async -> Bool

    /// Creates the system.
    ///
    /// - Parameters:
    ///   - service: Computes.
    ///   - settings: What can be set.
    ///   - galleries: Where faces are enrolled; `nil` leaves out the paths that need it.
    ///   - metrics: What `/metrics` shows; `nil` leaves the path out.
    ///   - isReady: What `/health/ready` says.
    public init(
        service: FaceService,
        settings: NativeSettings = .init(),
        galleries: (any GalleryStore)? = nil,
        metrics: PrometheusMetrics? = nil,
        isReady: @escaping @Sendable () async -> Bool = { true }
    ) {
        self.service = service
        self.settings = settings
        self.galleries = galleries
        self.metrics = metrics
        self.isReady = isReady
    }

    /// The endpoints.
    public var routes: SystemRoutes {
        SystemRoutes(stateless + stateful + operation)
    }

    private var stateless: [SystemRoute] {
        [
            SystemRoute(.post, "/v1/detect") { try await detect($0) },
            SystemRoute(.post, "/v1/analyze") { try await analyze($0) },
            SystemRoute(.post, "/v1/embed") { try await embed($0) },
            SystemRoute(.post, "/v1/compare") { try await compare($0) },
            SystemRoute(.post, "/v1/fuse") { try await fuse($0) },
        ]
    }

    /// Checks the key of `/v1`, where keys are configured.
    public func admit(_ request: SystemRequest) async throws {
        guard !settings.keys.isEmpty, request.path.first == "v1" else { return }
        let sent = request.header("x-api-key") ?? ""
        var isKnown = false
        for key in settings.keys where Secret.matches(key, sent) { isKnown = true }
        guard isKnown else {
            throw NativeError(status: .unauthorized, code: "unauthorized", message: "a valid X-API-Key is wanted")
        }
    }
}
