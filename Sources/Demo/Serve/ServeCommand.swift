// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit
import FaceKitHTTP
import Foundation
import Logging
import ServiceLifecycle
import UnixSignals

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve the systems' endpoints over HTTP.",
        discussion: """
            Without arguments it listens on this machine only: the native API, CompreFace and the pages at port 8000, \
            Face_fusion_rest at 9420, FaceRecognition at 5000, mtcnn_demo at 30025, InsightFace-REST at 18080. Every \
            setting can be given in a file (YAML or JSON), as a variable of the environment (mtcnn.token is \
            FACEKIT_MTCNN_TOKEN) or by --set; --print-config shows all of them. Later ones win: file, environment, \
            options.
            """
    )

    @Option(help: ArgumentHelp("The folder of everything that is kept (default: memory only).", valueName: "dir"))
    var data: String?

    @Option(help: ArgumentHelp("A file of settings in YAML or JSON.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("An environment file of CompreFace's own.", valueName: "file"))
    var envFile: String?

    @Option(help: ArgumentHelp("The address that is listened on (default: 127.0.0.1).", valueName: "address"))
    var host: String?

    @Option(help: ArgumentHelp("The port of the native API, CompreFace and the pages (default: 8000).", valueName: "n"))
    var port: Int?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("A setting by its path; may be repeated.", valueName: "path=value")
    )
    var settings: [String] = []

    @Flag(help: "Show the settings in effect and where they come from, and end.")
    var printConfig = false

    @OptionGroup var models: ModelOptions

    func run() async throws {
        let configuration = try readConfiguration()
        if printConfig {
            print(configuration.printed, terminator: "")
            return
        }
        let level = Logger.Level(rawValue: configuration.logLevel) ?? .info
        let format = configuration.logFormat
        LoggingSystem.bootstrap { label in
            var handler: any LogHandler =
                format == "json" ? JSONLogHandler() : StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
        let serving = try await Serving(configuration: configuration, models: modelStore(configuration))
        // They end in reverse, so that what the server's last requests counted is still written.
        let group = ServiceGroup(
            configuration: .init(
                services: [serving.accounts.upkeep, serving.idleMemory, serving.server],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: Logger(label: "facekit")
            )
        )
        async let warmUp: Void = serving.warmUp.run()
        try await group.run()
        await warmUp
    }

    private func readConfiguration() throws -> ServerConfiguration {
        var flags: [String: String] = [:]
        for setting in settings {
            guard let equals = setting.firstIndex(of: "=") else {
                throw ValidationError("--set takes path=value, not \(setting)")
            }
            flags[String(setting[..<equals])] = String(setting[setting.index(after: equals)...])
        }
        flags["data"] = data ?? flags["data"]
        flags["host"] = host ?? flags["host"]
        if let port { flags["ports.main"] = String(port) }
        return try ServerConfiguration(
            file: try config.map(Self.text),
            environmentFile: try envFile.map(Self.text),
            environment: ProcessInfo.processInfo.environment,
            flags: flags
        )
    }

    private static func text(of path: String) throws -> String {
        do {
            return try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw FaceError(.fileUnreadable, "the configuration \(path) cannot be read", cause: error)
        }
    }

    private func modelStore(_ configuration: ServerConfiguration) -> ModelStore {
        ModelStore(
            folders: configuration.modelFolders + models.store.folders,
            advice: "name another folder by --models, model_folders, FACEKIT_MODELS or FACEKIT_MODEL_MIRROR"
        )
    }
}
