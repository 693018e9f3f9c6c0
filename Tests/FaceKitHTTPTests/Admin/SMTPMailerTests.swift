// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitAccounts
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import Testing

@testable import FaceKitHTTP

/// A mail server that takes everything, or refuses at one step.
private final class MailServer: Sendable {
    let received = Mutex<[String]>([])
    let refusal: String?
    /// Certificate and key, where encryption is offered.
    let tls: NIOSSLContext?

    init(refusing refusal: String? = nil, tls: NIOSSLContext? = nil) {
        self.refusal = refusal
        self.tls = tls
    }

    /// Answers one connection while `work` runs.
    func serve(_ work: @Sendable (Int) async throws -> Void) async throws {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        let port = try #require(listener.channel.localAddress?.port)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await listener.executeThenClose { connections in
                    for try await connection in connections { try? await self.talk(connection) }
                }
            }
            try await work(port)
            group.cancelAll()
        }
    }

    private func talk(_ connection: NIOAsyncChannel<ByteBuffer, ByteBuffer>) async throws {
        try await connection.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: "220-hello\r\n220 there\r\n"))
            var isMessage = false
            var rest = ""
            for try await buffer in inbound {
                rest += String(buffer: buffer)
                while let end = rest.range(of: "\r\n") {
                    let line = String(rest[..<end.lowerBound])
                    rest = String(rest[end.upperBound...])
                    self.received.withLock { $0.append(line) }
                    if isMessage, line != "." { continue }
                    var answer = "250 good"
                    if isMessage { isMessage = false }
                    if line.hasPrefix("EHLO") { answer = "250-host\r\n250 AUTH PLAIN" }
                    if line.hasPrefix("AUTH") { answer = "235 welcome" }
                    if line == "DATA" {
                        answer = "354 go on"
                        isMessage = true
                    }
                    if line == "QUIT" { answer = "221 bye" }
                    if line == "STARTTLS", let tls = self.tls {
                        try await Self.encrypt(connection.channel, tls)
                        continue
                    }
                    if let refusal = self.refusal, line.hasPrefix(refusal) { answer = "550 no" }
                    try await outbound.write(ByteBuffer(string: "\(answer)\r\n"))
                }
            }
        }
    }
}

extension MailServer {
    /// Says that encryption may begin and begins it in one go, so that nothing comes in between.
    private static func encrypt(_ channel: any Channel, _ tls: NIOSSLContext) async throws {
        try await channel.eventLoop.submit {
            channel.writeAndFlush(ByteBuffer(string: "220 go ahead\r\n"), promise: nil)
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls), position: .first)
        }.get()
    }
}

@Suite("Mails by SMTP")
struct SMTPMailerTests {
    private static let mail = Mail(recipient: "ada@example.org", subject: "Grüße", text: "One\n.\nTwo — ü")

    private func mailer(_ port: Int) -> SMTPMailer {
        SMTPMailer(
            MailSettings(
                host: "127.0.0.1",
                port: port,
                security: .none,
                username: "face",
                password: "secret",
                from: "face@example.org"
            ),
            timeout: .seconds(10)
        )
    }

    @Test("a mail is said as RFC 5321 and 5322 have it")
    func conversation() async throws {
        let server = MailServer()
        try await server.serve { port in try await mailer(port).send(Self.mail) }
        let lines = server.received.withLock { $0 }
        #expect(lines[0].hasPrefix("EHLO "))
        #expect(lines[1] == "AUTH PLAIN \(Data("\0face\0secret".utf8).base64EncodedString())")
        #expect(Array(lines[2...4]) == ["MAIL FROM:<face@example.org>", "RCPT TO:<ada@example.org>", "DATA"])
        #expect(lines.contains("To: <ada@example.org>"))
        #expect(lines.contains("Subject: =?utf-8?B?\(Data("Grüße".utf8).base64EncodedString())?="))
        let end = try #require(lines.lastIndex(of: "."))
        let start = try #require(lines.firstIndex(of: "")) + 1
        let text = try #require(Data(base64Encoded: lines[start..<end].joined()))
        #expect(String(decoding: text, as: UTF8.self) == "One\r\n.\r\nTwo — ü")
        #expect(lines.allSatisfy { $0.utf8.count <= 998 && $0.allSatisfy(\.isASCII) })
    }

    @Test("a refusal names its step and no password", arguments: ["AUTH", "RCPT", "."])
    func refusals(step: String) async throws {
        let server = MailServer(refusing: step)
        try await server.serve { port in
            let error = await #expect(throws: SMTPMailer.Fault.self) { try await mailer(port).send(Self.mail) }
            #expect(error?.description.contains("550 no") == true)
            let secret = Data("\0face\0secret".utf8).base64EncodedString()
            #expect(error?.description.contains(secret) == false)
        }
    }

    @Test("nothing is sent in the clear where encryption is wanted and not offered")
    func startTLS() async throws {
        let server = MailServer(refusing: "STARTTLS")
        try await server.serve { port in
            let settings = MailSettings(
                host: "127.0.0.1",
                port: port,
                username: "face",
                password: "secret",
                from: "face@example.org"
            )
            await #expect(throws: SMTPMailer.Fault.self) { try await SMTPMailer(settings).send(Self.mail) }
        }
        #expect(!server.received.withLock { $0 }.contains { $0.hasPrefix("AUTH") || $0.hasPrefix("MAIL") })
    }

    /// A mailer that encrypts, and trusts the certificates of a file.
    private func encryptingMailer(_ port: Int, trusting file: String?) -> SMTPMailer {
        SMTPMailer(
            MailSettings(
                host: "localhost",
                port: port,
                username: "face",
                password: "secret",
                from: "face@example.org",
                trustedCertificates: file
            ),
            timeout: .seconds(10)
        )
    }

    @Test("with STARTTLS everything after it is encrypted")
    func encrypted() async throws {
        try await TestCertificate.withFiles { certificate, key in
            let context = try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
                    privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
                )
            )
            let server = MailServer(tls: context)
            try await server.serve { port in
                try await encryptingMailer(port, trusting: certificate).send(Self.mail)
            }
            let lines = server.received.withLock { $0 }
            #expect(lines.prefix(3).map { $0.split(separator: " ").first ?? "" } == ["EHLO", "STARTTLS", "EHLO"])
            #expect(lines.contains("RCPT TO:<ada@example.org>") && lines.last == "QUIT")

            // A mail server that cannot show who it is gets nothing.
            let stranger = MailServer(tls: context)
            try await stranger.serve { port in
                await #expect(throws: (any Error).self) {
                    try await encryptingMailer(port, trusting: nil).send(Self.mail)
                }
            }
            #expect(!stranger.received.withLock { $0 }.contains { $0.hasPrefix("AUTH") || $0.hasPrefix("MAIL") })
        }
    }

    @Test(
        "an address that is more than an address is refused",
        arguments: ["a@b.c\r\nRCPT TO:<d@e.f>", "a@b.c> SIZE=1", "nobody"]
    )
    func addresses(address: String) async {
        await #expect(throws: SMTPMailer.Fault.self) {
            try await mailer(1).send(Mail(recipient: address, subject: "", text: ""))
        }
    }
}
