// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// The licence of a model's weights.
///
/// What data the weights were learned from, and whether its terms reach them, is another question, which no licence
/// answers; ``notes`` says what is known of it.
public struct ModelLicense: Hashable, Sendable {
    /// What weights may be used for.
    public enum Use: String, Hashable, Sendable, CaseIterable, Codable {
        /// The licence allows any use, the commercial one too.
        case commercial
        /// The publisher allows research and other non-commercial use only.
        case research
        /// The publisher says nothing, or contradictory things.
        case unclear
    }

    /// The licence in words, as it stands on cards: an SPDX identifier where there is one.
    public var text: String
    /// What it allows.
    public var use: Use
    /// What else a user should know of it; empty where there is nothing.
    public var notes: String

    /// Creates a licence.
    public init(_ text: String, use: Use, notes: String = "") {
        self.text = text
        self.use = use
        self.notes = notes
    }

    /// Judges the licence of a card by its words.
    ///
    /// Whatever forbids commercial use anywhere in the text makes it ``Use/research``; a text that begins with a
    /// well-known free licence is ``Use/commercial``; all else is ``Use/unclear``.
    public init(describedBy text: String) {
        let words = text.lowercased()
        let forbidding = ["non-commercial", "noncommercial", "non commercial", "research", "by-nc", "academic"]
        let free = [
            "mit", "apache-2.0", "apache 2.0", "bsd-", "cc0", "cc-by-4.0", "cc by 4.0", "unlicense", "isc", "zlib",
            "0bsd",
            "bsl-1.0", "mpl-2.0", "public domain",
        ]
        let use: Use =
            if forbidding.contains(where: words.contains) {
                .research
            } else if free.contains(where: words.hasPrefix) {
                .commercial
            } else {
                .unclear
            }
        self.init(text, use: use)
    }
}

/// Which licences models may have.
public enum LicensePolicy: String, Hashable, Sendable, CaseIterable, Codable {
    /// Any: the user answers for the use.
    case any
    /// Only those that allow commercial use.
    case commercial

    /// Checks a model's licence.
    ///
    /// - Throws: ``FaceError/Code/licenseRefused`` with the model's name and licence.
    public func check(_ license: ModelLicense, ofModel name: String) throws(FaceError) {
        guard self == .commercial else { return }
        let reason: String
        switch license.use {
        case .commercial: return
        case .research: reason = "does not allow commercial use"
        case .unclear: reason = "does not say that commercial use is allowed"
        }
        throw FaceError(
            .licenseRefused,
            "the licence of the model \(name) (\(license.text)) \(reason), and the licence policy is \"commercial\""
        )
    }
}
