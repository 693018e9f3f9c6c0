// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitAccounts
import FaceKitHTTP
import FaceKitStore
import Foundation
import Logging

/// Puts a server together: stages, galleries, systems, listeners.
struct Serving {
    /// What listens and answers.
    let server: FaceServer
    /// Services with their keys, and the accounts of those who administer them.
    let accounts: AccountServing
    /// Loads the models; runs beside the server.
    let warmUp: WarmUp
    /// Keeps memory small while there is nothing to do.
    let idleMemory: IdleMemory

    init(configuration: ServerConfiguration, models: ModelStore) async throws {
        var configuration = configuration
        let logger = Logger(label: "facekit")
        let prometheus = PrometheusMetrics()
        let metrics = ServerMetrics(factory: prometheus)
        let library = ModelLibrary(store: models, compute: ComputeOptions(threads: configuration.threads))
        let pool = ComputePool(workers: configuration.workers, waiting: configuration.waiting, metrics: metrics)
        let service = FaceService(
            stages: library,
            pool: pool,
            limits: ImageLimits(maximumPixels: configuration.maximumPixels),
            metrics: metrics
        )
        let storage = try await Storage(data: configuration.data)
        let warmUp = WarmUp(library, configuration)
        self.warmUp = warmUp
        idleMemory = IdleMemory(pool: pool, warmUp: warmUp)
        accounts = try await AccountServing(
            configuration: configuration,
            galleries: storage.galleries,
            logger: logger,
            isReady: { await warmUp.isOver }
        )
        if configuration.mtcnn.isEnabled, configuration.mtcnn.tokens.isEmpty {
            // A fixed token would be everybody's; without any nobody could upload.
            configuration.mtcnn.tokens = [UUID().uuidString.lowercased()]
        }
        let native = NativeRoutes(
            service: service,
            settings: configuration.native,
            galleries: storage.galleries,
            metrics: prometheus,
            isReady: { await warmUp.isComplete }
        )
        let systems = Self.systems(configuration, service, storage, accounts)
        let listeners = Self.listeners(configuration, native, systems, accounts.mounts)
        let token = configuration.mtcnn.tokens.first
        server = FaceServer(
            host: configuration.host,
            listeners: listeners,
            tls: configuration.tls,
            pool: pool,
            metrics: metrics,
            bodyTimeout: configuration.bodyTimeout,
            idleTimeout: configuration.idleTimeout,
            logger: logger
        ) { [configuration] addresses in
            for address in addresses { print("\(address.url)  \(address.name)") }
            if let token, configuration.mtcnn.isEnabled,
                !configuration.isGiven("mtcnn.token")
            {
                print("mtcnn's token for this run: \(token)")
            }
            Self.warn(about: configuration, logger)
            fflush(nil)
        }
    }

    /// The systems that are switched on.
    private static func systems(
        _ configuration: ServerConfiguration,
        _ service: FaceService,
        _ storage: Storage,
        _ accounts: AccountServing
    ) -> [ServerConfiguration.SystemName: any FaceSystem] {
        var systems: [ServerConfiguration.SystemName: any FaceSystem] = [:]
        if configuration.mtcnn.isEnabled {
            let hosts = configuration.mtcnn.urlHosts
            systems[.mtcnn] = MTCNNRoutes(
                service: service,
                settings: configuration.mtcnn,
                fetcher: hosts.isEmpty ? nil : HTTPPictureFetcher(hosts: hosts)
            )
        }
        if configuration.insightFace.isEnabled {
            systems[.insightface] = InsightFaceRoutes(service: service, settings: configuration.insightFace)
        }
        if configuration.faceRecognition.isEnabled {
            systems[.flask] = FaceRecognitionRoutes(
                service: service,
                galleries: storage.galleries,
                settings: configuration.faceRecognition
            )
        }
        if configuration.faceFusion.isEnabled {
            systems[.fusion] = FaceFusionRoutes(
                service: service,
                galleries: storage.galleries,
                journal: storage.journal,
                settings: configuration.faceFusion
            )
        }
        if configuration.compreFace.isEnabled {
            systems[.compreface] = CompreFaceRoutes(
                service: service,
                directory: JoinedServiceDirectory([
                    FixedServiceDirectory(configuration.compreFace.services), accounts.administration,
                ]),
                galleries: storage.galleries,
                settings: configuration.compreFace
            )
        }
        return systems
    }

    private static func listeners(
        _ configuration: ServerConfiguration,
        _ native: NativeRoutes,
        _ systems: [ServerConfiguration.SystemName: any FaceSystem],
        _ console: [Mount]
    ) -> [FaceServer.Listener] {
        let core = (systems[.compreface] as? CompreFaceRoutes).map { [Mount(CompreFaceCore($0), at: "core")] } ?? []
        return configuration.listeners.compactMap { listener in
            switch listener.root {
            case .main:
                var mounts = systems.map { Mount($0.value, at: $0.key.prefix) }
                switch configuration.compatibility {
                case .none: break
                case .system(let name):
                    if name != .compreface, let system = systems[name] { mounts.append(Mount(system)) }
                case .all: mounts.append(Mount(SharedRoot(systems)))
                }
                return FaceServer.Listener(
                    port: listener.port,
                    name: systems[.compreface] == nil ? "native API" : "native API, CompreFace",
                    mounts: [Mount(native)] + mounts + core + console
                )
            case .system(let name):
                return systems[name].map {
                    FaceServer.Listener(
                        port: listener.port,
                        name: name.title,
                        mounts: name == .compreface ? [Mount($0, at: name.prefix)] + core + console : [Mount($0)]
                    )
                }
            }
        }
    }

    /// Says which systems anybody in the network can use.
    private static func warn(about configuration: ServerConfiguration, _ logger: Logger) {
        guard !["127.0.0.1", "::1", "localhost"].contains(configuration.host) else { return }
        var open: [String] = []
        if configuration.native.keys.isEmpty { open.append("the native API") }
        if configuration.faceFusion.isEnabled { open.append(ServerConfiguration.SystemName.fusion.title) }
        if configuration.faceRecognition.isEnabled { open.append(ServerConfiguration.SystemName.flask.title) }
        if configuration.insightFace.isEnabled { open.append(ServerConfiguration.SystemName.insightface.title) }
        logger.warning(
            "anybody who reaches \(configuration.host) can use what has no authentication: \(open.joined(separator: ", "))"
        )
        if configuration.tls == nil { logger.warning("connections are not encrypted: keys and pictures can be read") }
    }
}

/// Where the systems keep what they keep.
private struct Storage {
    let galleries: any GalleryStore
    let journal: any FusionJournal

    /// Opens the data folder; `nil` keeps everything in memory.
    init(data: String?) async throws {
        guard let data else {
            galleries = MemoryGalleryStore()
            journal = MemoryFusionJournal()
            return
        }
        try PrivateFolder.make(data, "the data folder")
        galleries = try await SQLiteGalleryStore(path: "\(data)/galleries.sqlite")
        do {
            journal = try SQLiteFusionJournal(path: "\(data)/fusion.sqlite")
        } catch {
            throw FaceError(.fileUnwritable, "\(data)/fusion.sqlite cannot be opened", cause: error)
        }
    }
}
