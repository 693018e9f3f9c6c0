// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import FaceKitAccounts
import Foundation
import NIOCore
import NIOPosix
import NIOSSL

/// Sends mails by SMTP (RFC 5321), one connection for each.
public struct SMTPMailer: Mailer {
    private let settings: MailSettings
    private let timeout: Duration

    /// What a mail server refused, or how it could not be reached.
    ///
    /// It holds no credentials.
    public struct Fault: Error, CustomStringConvertible {
        public let description: String
    }

    /// Creates a mailer; it connects when a mail is sent.
    public init(_ settings: MailSettings) {
        self.init(settings, timeout: .seconds(60))
    }

    init(_ settings: MailSettings, timeout: Duration) {
        self.settings = settings
        self.timeout = timeout
    }

    public func send(_ mail: Mail) async throws {
        let message = try MailMessage(mail, from: settings.from)
        do {
            try await withDeadline(timeout) { try await deliver(message) }
        } catch is DeadlineExceeded {
            throw Fault(description: "the mail server \(settings.host):\(settings.port) does not answer")
        }
    }

    private func deliver(_ message: MailMessage) async throws {
        let connection = try await connect()
        let channel = connection.channel
        try await connection.executeThenClose { inbound, outbound in
            var dialogue = SMTPDialogue(inbound.makeAsyncIterator(), outbound)
            try await dialogue.expect(220)
            let name = "[127.0.0.1]"
            try await dialogue.say("EHLO \(name)", expect: 250)
            if settings.security == .startTLS {
                try await dialogue.say("STARTTLS", expect: 220)
                // Whatever came already was not encrypted, and could be anyone's.
                guard dialogue.isEmpty else {
                    throw Fault(description: "the mail server spoke before encryption began")
                }
                try await encrypt(channel)
                try await dialogue.say("EHLO \(name)", expect: 250)
            }
            if !settings.username.isEmpty {
                let credentials = Data("\0\(settings.username)\0\(settings.password)".utf8).base64EncodedString()
                try await dialogue.say("AUTH PLAIN \(credentials)", expect: 235, shownAs: "AUTH")
            }
            try await dialogue.say("MAIL FROM:<\(message.sender)>", expect: 250)
            try await dialogue.say("RCPT TO:<\(message.recipient)>", expect: 250, 251)
            try await dialogue.say("DATA", expect: 354)
            try await dialogue.say("\(message.text)\r\n.", expect: 250, shownAs: "the message")
            // The mail is taken; how the server says goodbye is its own business.
            try? await dialogue.say("QUIT", expect: 221)
        }
    }

    private func connect() async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
        let isEncrypted = settings.security == .tls
        let context = isEncrypted ? try self.context() : nil
        let host = serverName
        do {
            return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.seconds(15))
                .connect(host: settings.host, port: settings.port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        if let context {
                            let handler = try NIOSSLClientHandler(context: context, serverHostname: host)
                            try channel.pipeline.syncOperations.addHandler(handler)
                        }
                        return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
                    }
                }
        } catch {
            throw Fault(description: "the mail server \(settings.host):\(settings.port) cannot be reached: \(error)")
        }
    }

    private func encrypt(_ channel: any Channel) async throws {
        let context = try context()
        let host = serverName
        try await channel.eventLoop.submit {
            let handler = try NIOSSLClientHandler(context: context, serverHostname: host)
            try channel.pipeline.syncOperations.addHandler(handler, position: .first)
        }.get()
    }

    private func context() throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if let file = settings.trustedCertificates { configuration.trustRoots = .file(file) }
        return try NIOSSLContext(configuration: configuration)
    }

    /// The name in the mail server's certificate; none where it is known by a number.
    private var serverName: String? {
        (try? SocketAddress(ipAddress: settings.host, port: settings.port)) == nil ? settings.host : nil
    }
}

/// What is said to a mail server and what it answers.
private struct SMTPDialogue {
    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var received = ByteBuffer()
    private static let longestReply = 64 << 10

    init(
        _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
        _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) {
        self.inbound = inbound
        self.outbound = outbound
    }

    /// Whether everything that came has been read.
    var isEmpty: Bool { received.readableBytes == 0 }

    /// Sends a line and waits for one of the codes.
    ///
    /// `name`: How errors call the line; by default they quote it.
    mutating func say(_ line: String, expect codes: Int..., shownAs name: String? = nil) async throws {
        try await outbound.write(ByteBuffer(string: "\(line)\r\n"))
        try await check(codes, after: name ?? line)
    }

    mutating func expect(_ code: Int) async throws {
        try await check([code], after: "connecting")
    }

    private mutating func check(_ codes: [Int], after step: String) async throws {
        let reply = try await reply()
        guard let code = Int(reply.prefix(3)), codes.contains(code) else {
            throw SMTPMailer.Fault(description: "the mail server refused \(step): \(reply.prefix(200))")
        }
    }

    /// The last line of a reply of one or more lines.
    private mutating func reply() async throws -> String {
        while true {
            let line = try await line()
            // All lines but the last have a dash after the code.
            if line.count < 4 || line.dropFirst(3).first != "-" { return line }
        }
    }

    private mutating func line() async throws -> String {
        while true {
            if let end = received.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
                let length = end - received.readerIndex + 1
                let text = received.readString(length: length) ?? ""
                return text.trimmingCharacters(in: .newlines)
            }
            guard received.readableBytes < Self.longestReply else {
                throw SMTPMailer.Fault(description: "the mail server's answer is too long")
            }
            guard var more = try await inbound.next() else {
                throw SMTPMailer.Fault(description: "the mail server closed the connection")
            }
            received.writeBuffer(&more)
        }
    }
}
