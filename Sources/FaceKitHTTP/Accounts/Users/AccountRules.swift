// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

/// What names, addresses and passwords must look like.
enum AccountRules {
    static let longestEmail = 63
    static let nameLengths = 1...50
    static let passwordLengths = 8...255

    /// Returns `name` without blanks around it.
    ///
    /// `subject`: What the message calls it, like `Application name`.
    static func name(_ name: String?, of subject: String) throws(AccountError) -> String {
        let name = (name ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
        guard !name.isEmpty else { throw AccountError(.invalidValue, "\(subject) cannot be empty") }
        guard nameLengths.contains(name.count) else {
            throw AccountError(.invalidValue, "\(subject) size must be between 1 and 50")
        }
        guard !name.contains(where: { ";/\\".contains($0) }) else {
            throw AccountError(
                .invalidValue,
                #"The name cannot contain the following special characters: ';', '/', '\'"#
            )
        }
        return name
    }

    /// Returns a person's first or last name without blanks around it.
    static func personName(_ name: String?, field: String) throws(AccountError) -> String {
        let name = (name ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
        guard !name.isEmpty else { throw AccountError(.emptyField, "Field \(field) cannot be empty") }
        guard nameLengths.contains(name.count) else {
            throw AccountError(.invalidValue, "\(field) size must be between 1 and 50")
        }
        return name
    }

    /// Returns `email` in lower case and without blanks around it.
    static func email(_ email: String?) throws(AccountError) -> String {
        let email = (email ?? "").trimmingCharacters(in: .whitespacesAndNewlines).lowercased()
        guard !email.isEmpty else { throw AccountError(.emptyField, "Field email cannot be empty") }
        // One @ with something before and a name with a dot after it, and nothing that could end a mail's header line.
        let parts = email.split(separator: "@", omittingEmptySubsequences: false)
        let isPlain = email.unicodeScalars.allSatisfy { scalar in
            scalar.value > 0x20 && scalar.value != 0x7F && !"<>,;:\"()[]\\".unicodeScalars.contains(scalar)
        }
        guard parts.count == 2, !parts[0].isEmpty, isPlain, email.count <= longestEmail,
            parts[1].contains("."), !parts[1].hasPrefix("."), !parts[1].hasSuffix("."), !parts[1].contains("..")
        else { throw AccountError(.malformedEmail, "Email format is incorrect") }
        return email
    }

    /// Checks a password that replaces another one.
    static func newPassword(_ password: String?) throws(AccountError) -> String {
        guard let password, !password.isEmpty else {
            throw AccountError(.emptyField, "Field password cannot be empty")
        }
        guard passwordLengths.contains(password.count) else {
            throw AccountError(.invalidValue, "Password size must be between 8 and 255")
        }
        return password
    }
}
