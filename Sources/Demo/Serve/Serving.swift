// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitAccounts
import FaceKitHTTP
import FaceKitStore
import Foundation
import Logging
import ServiceLifecycle

/// Puts a server together: stages, galleries, systems, listeners.
struct Serving {
    /// What listens and answers.
    let server: FaceServer
    /// Accounts, where they are served.
    let accounts: AccountServing?

    init(configuration: ServerConfiguration, models: ModelStore) async throws {
        let logger = Logger(label: "facekit")
        let prometheus = PrometheusMetrics()
        let metrics = ServerMetrics(factory: prometheus)
        let library = ModelLibrary(store: models, compute: ComputeOptions(threads: configuration.threads))
        let pool = ComputePool(workers: configuration.workers, waiting: configuration.waiting, metrics: metrics)
        let service = FaceService(stages: library, pool: pool, metrics: metrics)
        let galleries = MemoryGalleryStore()
        accounts =
            configuration.accounts.isEnabled
            ? try await AccountServing(configuration: configuration, galleries: galleries, logger: logger) : nil
        var consoleMounts: [Mount] = []
        if let accounts { consoleMounts = [Mount(accounts.pages), Mount(accounts.admin, at: "admin")] }
        let native = NativeRoutes(
            service: service,
            settings: configuration.native,
            galleries: galleries,
            metrics: prometheus
        )
        var directories: [any ServiceDirectory] = [FixedServiceDirectory(configuration.compreFace.services)]
        if let accounts { directories.append(accounts.administration) }
        let directory = JoinedServiceDirectory(directories)
        var systems: [ServerConfiguration.SystemName: any FaceSystem] = [:]
        if configuration.mtcnn.isEnabled {
            systems[.mtcnn] = MTCNNRoutes(service: service, settings: configuration.mtcnn)
        }
        if configuration.insightFace.isEnabled {
            systems[.insightface] = InsightFaceRoutes(service: service, settings: configuration.insightFace)
        }
        if configuration.faceRecognition.isEnabled {
            systems[.flask] = FaceRecognitionRoutes(
                service: service,
                galleries: galleries,
                settings: configuration.faceRecognition
            )
        }
        if configuration.faceFusion.isEnabled {
            systems[.fusion] = FaceFusionRoutes(
                service: service,
                galleries: galleries,
                journal: MemoryFusionJournal(),
                settings: configuration.faceFusion
            )
        }
        if configuration.compreFace.isEnabled {
            systems[.compreface] = CompreFaceRoutes(
                service: service,
                directory: directory,
                galleries: galleries,
                settings: configuration.compreFace
            )
        }
        server = FaceServer(
            host: configuration.host,
            listeners: configuration.listeners.compactMap { listener in
                switch listener.root {
                case .main:
                    FaceServer.Listener(
                        port: listener.port,
                        name: "native API",
                        mounts: [Mount(native)] + consoleMounts + systems.map { Mount($0.value, at: $0.key.prefix) }
                    )
                case .system(let name):
                    systems[name].map {
                        FaceServer.Listener(
                            port: listener.port,
                            name: name.rawValue,
                            mounts: [Mount($0, at: name == .compreface ? name.prefix : "")]
                                + (name == .compreface ? consoleMounts : [])
                        )
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
