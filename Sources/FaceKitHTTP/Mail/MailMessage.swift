// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitAccounts
import Foundation

/// A mail in the form of RFC 5322: ASCII lines, with the text in base64.
struct MailMessage: Sendable {
    let sender: String
    let recipient: String
    let text: String

    /// - Throws: When an address could be taken for more than an address.
    init(_ mail: Mail, from: String, date: Date = Date()) throws {
        for address in [from, mail.recipient] {
            let isPlain = address.unicodeScalars.allSatisfy {
                $0.value > 0x20 && $0.value != 0x7F && $0 != "<" && $0 != ">"
            }
            guard isPlain, address.contains("@") else {
                throw SMTPMailer.Fault(description: "a mail address holds blanks, control characters or angle brackets")
            }
        }
        sender = from
        recipient = mail.recipient
        let domain = from.split(separator: "@").last ?? "localhost"
        let body = Data(mail.text.replacing("\r\n", with: "\n").replacing("\n", with: "\r\n").utf8)
            .base64EncodedString(options: [.lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed])
        text = [
            "From: <\(from)>",
            "To: <\(mail.recipient)>",
            "Subject: \(Self.encoded(mail.subject))",
            "Date: \(Self.text(date))",
            "Message-ID: <\(UUID().uuidString.lowercased())@\(domain)>",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: base64",
            "Auto-Submitted: auto-generated",
            "",
            body,
        ].joined(separator: "\r\n")
    }

    /// A header's text as it is, or as an encoded word (RFC 2047).
    private static func encoded(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value > 0x7E }) else { return text }
        return "=?utf-8?B?\(Data(text.utf8).base64EncodedString())?="
    }

    private static func text(_ date: Date) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = .gmt
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss '+0000'"
        return formatter.string(from: date)
    }
}
