// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKitAccounts

/// The short way to a key, for servers that nobody signs up to; the services are those of ``AdminCommand``.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Make and list the keys of CompreFace services.",
        discussion: "Works beside a running server, which knows a new key at once.",
        subcommands: [Create.self, List.self]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a service and print its key.")

        @Option(help: "What people call the service.")
        var name: String

        @Option(help: "The application it belongs to, made where it is not there.")
        var app = "Services"

        @OptionGroup var service: ServiceOptions
        @OptionGroup var accounts: AccountOptions

        func run() async throws {
            let service = try await accounts.administration().createService(
                name: name,
                type: service.type,
                application: app,
                key: service.key,
                makesApplication: true
            )
            print(service.apiKey.text)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the services with their keys.")

        @OptionGroup var accounts: AccountOptions

        func run() async throws {
            for service in try await accounts.administration().services() {
                print("\(service.apiKey.text)  \(service.type.rawValue)  \(service.name)")
            }
        }
    }
}
