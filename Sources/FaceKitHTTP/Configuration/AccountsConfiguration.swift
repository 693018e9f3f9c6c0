// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import FaceKitAccounts
import Foundation

/// What can be set about accounts, mails, and what is there from the start.
public struct AccountsConfiguration: Sendable {
    /// Whether administration and pages are served.
    public var isEnabled = true
    /// How accounts behave.
    public var settings = AccountSettings()
    /// Addresses of proxies that say in `X-Forwarded-For` where a request comes from.
    public var trustedProxies: [String] = []
    /// How mails are sent; `nil` when they are not.
    public var mail: MailSettings?
    /// What is created at the start.
    public var bootstrap = Bootstrap()

    /// Creates the default settings.
    public init() {}

    mutating func read(from reader: inout ConfigurationReader) {
        isEnabled = reader.bool("accounts.enabled", default: isEnabled)
        let signUp = reader.choice(
            "accounts.sign_up",
            of: [AccountSettings.SignUp.open.rawValue, AccountSettings.SignUp.invitation.rawValue],
            default: settings.signUp.rawValue
        )
        settings.signUp = AccountSettings.SignUp(rawValue: signUp) ?? settings.signUp
        settings.offersDemo = reader.bool("accounts.demo_page", default: settings.offersDemo)
        settings.host = reader.string("accounts.host", default: settings.host)
        while settings.host.hasSuffix("/") { settings.host.removeLast() }
        if URL(string: settings.host)?.host == nil || !settings.host.hasPrefix("http") {
            reader.fault("accounts.host: an address such as http://localhost:8000 is wanted")
        }
        settings.accessTokenLifetime = Double(
            reader.int("accounts.access_token_validity", default: Int(settings.accessTokenLifetime), in: 60...86_400)
        )
        settings.refreshTokenLifetime = Double(
            reader.int(
                "accounts.refresh_token_validity",
                default: Int(settings.refreshTokenLifetime),
                in: 60...31_536_000
            )
        )
        settings.statisticsMonths = reader.int(
            "accounts.statistics_months",
            default: settings.statisticsMonths,
            in: 1...120
        )
        trustedProxies = reader.strings("accounts.trusted_proxies", default: trustedProxies)
        readMail(from: &reader)
        readUsers(from: &reader)
        readApplications(from: &reader)
        bootstrap.demo = reader.bool("accounts.demo_services", default: bootstrap.demo)
    }

    private mutating func readMail(from reader: inout ConfigurationReader) {
        let isOn = reader.bool("mail.enabled", default: false)
        let host = reader.optionalString("mail.host")
        let security = reader.choice(
            "mail.security",
            of: MailSettings.Security.allCases.map(\.rawValue),
            default: MailSettings.Security.startTLS.rawValue
        )
        let port = reader.int("mail.port", default: security == "tls" ? 465 : 587, in: 1...65_535)
        let username = reader.optionalString("mail.username")
        let password = reader.optionalString("mail.password", isSecret: true)
        let from = reader.optionalString("mail.from")
        let trusted = reader.optionalString("mail.trusted_certificates")
        guard isOn else { return }
        guard let host else {
            reader.fault("mail.host: mails are to be sent, but by which server is not said")
            return
        }
        guard let from = from ?? username, from.contains("@") else {
            reader.fault("mail.from: mails are to be sent, but from which address is not said")
            return
        }
        mail = MailSettings(
            host: host,
            port: port,
            security: MailSettings.Security(rawValue: security) ?? .startTLS,
            username: username ?? "",
            password: password ?? "",
            from: from,
            trustedCertificates: trusted
        )
    }

    // MARK: What is there from the start

    private mutating func readUsers(from reader: inout ConfigurationReader) {
        for (index, item) in reader.list("accounts.users").enumerated() {
            let path = "accounts.users[\(index)]"
            guard let email = item["email"]?.text, let password = item["password"]?.text else {
                reader.fault("file, \(path): email and password are wanted")
                continue
            }
            guard let role = Self.role(item["role"], default: .user) else {
                reader.fault("file, \(path).role: OWNER, ADMINISTRATOR or USER is wanted")
                continue
            }
            let name = email.split(separator: "@").first.map(String.init) ?? email
            bootstrap.users.append(
                Bootstrap.User(
                    email: email,
                    password: password,
                    firstName: item["first_name"]?.text ?? name,
                    lastName: item["last_name"]?.text ?? "-",
                    role: role
                )
            )
            reader.record("\(path).email", .text(email))
            reader.record("\(path).password", .text(password), isSecret: true)
        }
    }

    private mutating func readApplications(from reader: inout ConfigurationReader) {
        for (index, item) in reader.list("accounts.applications").enumerated() {
            let path = "accounts.applications[\(index)]"
            guard let name = item["name"]?.text, !name.isEmpty else {
                reader.fault("file, \(path).name: text is wanted")
                continue
            }
            var application = Bootstrap.Application(name: name, owner: item["owner"]?.text)
            for (number, service) in (item["services"]?.elements ?? []).enumerated() {
                guard let made = Self.service(service, path: "\(path).services[\(number)]", reader: &reader) else {
                    continue
                }
                application.services.append(made)
            }
            if case .object(let members)? = item["members"] {
                for (email, value) in members {
                    guard let role = Self.role(value, default: nil), role != .owner else {
                        reader.fault("file, \(path).members.\(email): ADMINISTRATOR or USER is wanted")
                        continue
                    }
                    application.members[email] = role
                }
            }
            bootstrap.applications.append(application)
            reader.record("\(path).name", .text(name))
        }
    }

    private static func service(
        _ item: JSON,
        path: String,
        reader: inout ConfigurationReader
    ) -> Bootstrap.Service? {
        guard let name = item["name"]?.text, !name.isEmpty else {
            reader.fault("file, \(path).name: text is wanted")
            return nil
        }
        guard let type = item["type"]?.text.flatMap({ ServiceType(rawValue: $0.uppercased()) }) else {
            reader.fault("file, \(path).type: RECOGNITION, DETECTION or VERIFY is wanted")
            return nil
        }
        guard let text = item["key"]?.text else { return Bootstrap.Service(name: name, type: type) }
        guard let key = APIKey(text) else {
            reader.fault("file, \(path).key: the text of a UUID is wanted")
            return nil
        }
        reader.record("\(path).key", .text(text), isSecret: true)
        return Bootstrap.Service(name: name, type: type, key: key)
    }

    private static func role(_ value: JSON?, default fallback: Role?) -> Role? {
        guard let value, !value.isNull else { return fallback }
        return value.text.flatMap { Role(rawValue: $0.uppercased()) }
    }
}
