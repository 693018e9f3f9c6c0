// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitHTTP
import Foundation
import Logging

/// Puts a server together: stages, galleries, systems, listeners.
struct Serving {
    /// What listens and answers.
    let server: FaceServer

    init(configuration: ServerConfiguration, models: ModelStore) async throws {
        let logger = Logger(label: "facekit")
        let prometheus = PrometheusMetrics()
        let metrics = ServerMetrics(factory: prometheus)
        let library = ModelLibrary(store: models, compute: ComputeOptions(threads: configuration.threads))
        let pool = ComputePool(workers: configuration.workers, waiting: configuration.waiting, metrics: metrics)
        let service = FaceService(stages: library, pool: pool, metrics: metrics)
        let native = NativeRoutes(service: service, settings: configuration.native, metrics: prometheus)
        var systems: [ServerConfiguration.SystemName: any FaceSystem] = [:]
        if configuration.mtcnn.isEnabled {
            systems[.mtcnn] = MTCNNRoutes(service: service, settings: configuration.mtcnn)
        }
        if configuration.insightFace.isEnabled {
            systems[.insightface] = InsightFaceRoutes(service: service, settings: configuration.insightFace)
        }
        server = FaceServer(
            host: configuration.host,
            listeners: configuration.listeners.compactMap { listener in
                switch listener.root {
                case .main:
                    FaceServer.Listener(
                        port: listener.port,
                        name: "native API",
                        mounts: [Mount(native)] + systems.filter { $0.key != .compreface }.map { Mount($0.value, at: $0.key.prefix) }
                    )
                case .system(let name):
                    systems[name].map {
                        FaceServer.Listener(port: listener.port, name: name.rawValue, mounts: [Mount($0)])
                    }
                }
            },
            tls: configuration.tls,
            pool: pool,
            metrics: metrics,
            bodyTimeout: configuration.bodyTimeout,
            idleTimeout: configuration.idleTimeout,
            logger: logger
        ) { addresses in
            for address in addresses { print("\(address.url)  \(address.name)") }
            fflush(nil)
        }
    }
}
