// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit
import FaceKitAccounts
import FaceKitHTTP
import FaceKitStore
import Foundation

struct AdminCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "admin",
        abstract: "Create accounts, applications and services without a browser.",
        discussion: "Works beside a running server, which sees every change at once.",
        subcommands: [
            CreateUserCommand.self, CreateApplicationCommand.self, CreateServiceCommand.self,
            ResetPasswordCommand.self, ListCommand.self,
        ]
    )
}

/// Where the accounts are.
struct AccountOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The server's data folder (default: FACEKIT_DATA).", valueName: "dir"))
    var data: String?

    @Option(help: ArgumentHelp("Where links lead (default: http://localhost:8000).", valueName: "address"))
    var host: String?

    func administration() throws -> Administration {
        guard let folder = data ?? ProcessInfo.processInfo.environment["FACEKIT_DATA"], !folder.isEmpty else {
            throw ValidationError("Name the server's data folder by --data or FACEKIT_DATA")
        }
        return Administration(
            store: try AccountServing.store(data: folder),
            collections: CompreFaceCollections(galleries: MemoryGalleryStore()),
            settings: AccountSettings(host: host ?? "http://localhost:8000")
        )
    }
}

/// A password that does not stand on the command line, where other people on the machine could read it.
struct PasswordOptions: ParsableArguments {
    @Flag(help: "Read the password from standard input, and do not ask for it.")
    var passwordStdin = false

    func password() throws -> String {
        if !passwordStdin, isatty(0) == 1 {
            guard let first = getpass("Password: ").map({ String(cString: $0) }),
                let second = getpass("Again: ").map({ String(cString: $0) })
            else { throw ValidationError("No password was given") }
            guard first == second else { throw ValidationError("The two passwords differ") }
            return first
        }
        guard let line = readLine(strippingNewline: true), !line.isEmpty else {
            throw ValidationError("No password came on standard input")
        }
        return line
    }
}

struct CreateUserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create-user",
        abstract: "Create an account; the first one owns the server."
    )

    @Argument(help: "The e-mail.")
    var email: String

    @Option(help: "The first name (default: the e-mail's first part).")
    var firstName: String?

    @Option(help: "The last name.")
    var lastName = "-"

    @Option(help: "administrator or user.")
    var role = "user"

    @OptionGroup var password: PasswordOptions
    @OptionGroup var accounts: AccountOptions

    func run() async throws {
        guard let role = Role(rawValue: role.uppercased()) else {
            throw ValidationError("--role is owner, administrator or user, not \(role)")
        }
        let user = try await accounts.administration().createUser(
            email: email,
            password: try password.password(),
            firstName: firstName ?? email.split(separator: "@").first.map(String.init) ?? email,
            lastName: lastName,
            role: role
        )
        print("\(user.id.uuidString.lowercased())  \(user.role.rawValue)  \(user.email)")
    }
}

struct CreateApplicationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create-app",
        abstract: "Create an application."
    )

    @Argument(help: "Its name.")
    var name: String

    @Option(help: "The owner's e-mail (default: the server's owner).")
    var owner: String?

    @OptionGroup var accounts: AccountOptions

    func run() async throws {
        let application = try await accounts.administration().createApplication(name: name, owner: owner)
        print("\(application.id.uuidString.lowercased())  \(application.name)")
    }
}

/// What a service is to be.
struct ServiceOptions: ParsableArguments {
    @Option(help: "recognition, detection or verify.", transform: Self.type)
    var type = ServiceType.recognition

    @Option(
        help: ArgumentHelp("The API key, the text of a UUID (default: a random one).", valueName: "uuid"),
        transform: Self.key
    )
    var key: APIKey?

    private static func type(_ text: String) throws -> ServiceType {
        let names = ["verification": ServiceType.verification]
        guard let type = ServiceType(rawValue: text.uppercased()) ?? names[text.lowercased()] else {
            throw ValidationError("--type is recognition, detection or verify, not \(text)")
        }
        return type
    }

    private static func key(_ text: String) throws -> APIKey {
        guard let key = APIKey(text) else { throw ValidationError("--key is the text of a UUID") }
        return key
    }
}

struct CreateServiceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create-service",
        abstract: "Create a service and print its API key."
    )

    @Argument(help: "Its name.")
    var name: String

    @Option(help: "The application's name.")
    var app: String

    @OptionGroup var service: ServiceOptions
    @OptionGroup var accounts: AccountOptions

    func run() async throws {
        let service = try await accounts.administration().createService(
            name: name,
            type: service.type,
            application: app,
            key: service.key
        )
        print(service.apiKey.text)
    }
}

struct ResetPasswordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset-password",
        abstract: "Set someone's password, or make a link by which the person chooses one."
    )

    @Argument(help: "The e-mail.")
    var email: String

    @Flag(help: "Print a link that is valid for 15 minutes.")
    var link = false

    @OptionGroup var password: PasswordOptions
    @OptionGroup var accounts: AccountOptions

    func run() async throws {
        let administration = try accounts.administration()
        if link {
            print(try await administration.passwordLink(for: email))
        } else {
            try await administration.setPassword(try password.password(), of: email)
        }
    }
}

struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List users, applications and services; keys only when asked for."
    )

    @Flag(help: "Show API keys.")
    var keys = false

    @OptionGroup var accounts: AccountOptions

    func run() async throws {
        let showKeys = keys
        let lines = try await accounts.administration().store.read { reader -> [String] in
            var lines = try reader.users().map { "user  \($0.role.rawValue)  \($0.email)  \($0.fullName)" }
            for application in try reader.applications() {
                lines.append("app   \(application.name)")
                lines += try reader.members(of: application.id).map { "  \($0.role.rawValue)  \($0.user.email)" }
                lines += try reader.services(of: application.id).map { service in
                    "  \(service.type.rawValue)  \(service.name)" + (showKeys ? "  \(service.apiKey.text)" : "")
                }
            }
            return lines
        }
        for line in lines { print(line) }
    }
}
