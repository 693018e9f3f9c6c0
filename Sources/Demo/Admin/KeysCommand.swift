// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit
import FaceKitAccounts
import FaceKitHTTP
import Foundation

struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Make and list the keys of CompreFace services.",
        subcommands: [Create.self, List.self]
    )

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a service and print its key.",
            discussion: "A server that is running takes new services over when it is started the next time."
        )

        @Option(help: ArgumentHelp("The folder of everything that the server keeps.", valueName: "dir"))
        var data: String

        @Option(help: "What people call the service.")
        var name: String

        @Option(help: "recognition, detection or verification.")
        var type: String

        @Option(help: ArgumentHelp("A key of your own, the text of a UUID (default: a random one).", valueName: "uuid"))
        var key: String?

        func run() throws {
            let types: [String: ServiceType] = [
                "recognition": .recognition, "detection": .detection, "verification": .verification,
                "verify": .verification,
            ]
            guard let type = types[type.lowercased()] else {
                throw ValidationError("--type is recognition, detection or verification, not \(type)")
            }
            guard let apiKey = key.map({ APIKey($0) }) ?? APIKey() else {
                throw ValidationError("--key is the text of a UUID")
            }
            try DataFolder.make(data)
            let file = ServiceFile(data: data)
            guard try !file.services().contains(where: { $0.apiKey.matches(apiKey) }) else {
                throw ValidationError("there is a service with that key")
            }
            try file.add(Service(name: name, type: type, apiKey: apiKey))
            print(apiKey.text)
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the services with their keys.")

        @Option(help: ArgumentHelp("The folder of everything that the server keeps.", valueName: "dir"))
        var data: String

        func run() throws {
            for service in try ServiceFile(data: data).services() {
                print("\(service.apiKey.text)  \(service.type.rawValue)  \(service.name)")
            }
        }
    }
}

/// The folder of everything that a server keeps.
enum DataFolder {
    /// Makes the folder, for its owner only, when there is none.
    static func make(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw FaceError(.fileUnwritable, "the data folder \(path) cannot be made", cause: error)
        }
    }
}
