// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitAccounts
import FaceKitHTTP
import Testing

@Suite("Configuration of accounts")
struct AccountsConfigurationTests {
    @Test("users, applications and services of a file")
    func bootstrap() throws {
        let configuration = try ServerConfiguration(
            file: """
                accounts:
                  host: https://face.example.org/
                  sign_up: invitation
                  users:
                    - {email: ada@example.org, password: something long, role: owner}
                  applications:
                    - name: Door
                      services: [{name: Staff, type: recognition, key: 7c0d2a4e-6f0e-4d55-9d4e-0d1c6a0f5b11}]
                      members: {grace@example.org: USER}
                mail: {enabled: true, host: smtp.example.org, username: face@example.org, password: secret}
                """
        )
        let accounts = configuration.accounts
        #expect(accounts.settings.host == "https://face.example.org")
        #expect(accounts.settings.signUp == .invitation)
        #expect(accounts.bootstrap.users.map(\.role) == [.owner])
        #expect(accounts.bootstrap.applications.first?.services.first?.type == .recognition)
        #expect(accounts.bootstrap.applications.first?.members == ["grace@example.org": .user])
        #expect(accounts.mail?.from == "face@example.org" && accounts.mail?.security == .startTLS)
        for secret in ["something long", "secret", "7c0d2a4e"] { #expect(!configuration.printed.contains(secret)) }
    }

    @Test("everything that is wrong is said at once")
    func faults() {
        let error = #expect(throws: ConfigurationFault.self) {
            try ServerConfiguration(
                file: """
                    accounts:
                      host: nowhere
                      sign_up: perhaps
                      users: [{email: ada@example.org}]
                      applications: [{name: Door, services: [{name: x, type: MAGIC}], members: {a@b.c: OWNER}}]
                    mail: {enabled: true}
                    """
            )
        }
        let text = "\(error?.faults ?? [])"
        for part in ["accounts.host", "accounts.sign_up", "users[0]", "services[0].type", "members.a@b.c", "mail.host"]
        {
            #expect(text.contains(part), "\(part)")
        }
    }

    @Test("CompreFace's own environment file: what means something here counts, the rest is refused with a reason")
    func guide() throws {
        let configuration = try ServerConfiguration(
            environmentFile: """
                # CompreFace
                enable_email_server=true
                email_host="smtp.example.org"
                email_username=face@example.org
                email_from=
                save_images_to_db=false
                max_file_size=3MB
                """
        )
        #expect(configuration.accounts.mail?.host == "smtp.example.org")
        #expect(configuration.compreFace.keepsPictures == false)
        #expect(configuration.compreFace.fileLimit == 3 << 20)
        let error = #expect(throws: ConfigurationFault.self) {
            try ServerConfiguration(environmentFile: "postgres_domain=db\nuwsgi_threads=2\nnonsense=1\nbroken")
        }
        #expect(error?.faults.count == 4)
        let faults = "\(error?.faults ?? [])"
        #expect(faults.contains("postgres_domain: everything is kept in the folder"))
    }
}
