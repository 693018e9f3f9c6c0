// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
public import Hummingbird

/// What CompreFace's inner service says of itself, below `/core`.
public struct CompreFaceCore: FaceSystem {
    /// `core`.
    public let name = "core"
    private let compreFace: CompreFaceRoutes

    /// Creates the paths that belong to a face API.
    public init(_ compreFace: CompreFaceRoutes) { self.compreFace = compreFace }

    /// The endpoints, as paths below `/core`.
    public var routes: SystemRoutes {
        SystemRoutes([
            SystemRoute(.get, "/healthcheck") { _ in .json(["status": "OK"]) },
            SystemRoute(.get, "/status") { _ in try await status() },
        ])
    }

    private func status() async throws -> Response {
        let recognizer = try await compreFace.service.stages.recognizer(compreFace.settings.recognizer)
        let coefficients = try await compreFace.matcher().coefficients
        var plugins: [(name: String, value: JSON)] = []
        for plugin in CompreFaceParameters.Plugin.allCases {
            // A plugin whose model is not installed is none.
            guard let version = try? await compreFace.version(of: plugin) else { continue }
            plugins.append((plugin.rawValue, .text(version)))
        }
        plugins.append(("detector", .text(compreFace.detectorVersion)))
        return .json([
            "status": "OK", "build_version": "1.2.0", "calculator_version": .text(recognizer.name),
            "similarity_coefficients": [.float(coefficients.border), .float(coefficients.steepness)],
            "available_plugins": .object(plugins),
        ])
    }

    /// The face API's answer.
    public func response(to error: any Error, for request: SystemRequest) -> Response {
        compreFace.response(to: error, for: request)
    }
}
