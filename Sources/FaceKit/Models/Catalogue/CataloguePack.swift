// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// A zip archive in which models are published together.
public struct CataloguePack: Hashable, Sendable, Identifiable {
    /// The name by which the pack is asked for.
    public var name: String
    /// What is in it, in a few words.
    public var summary: String
    /// Where it is, pinned to a release.
    public var address: String
    /// Its size; `nil` where nobody has published it.
    public var bytes: Int?
    /// Its SHA-256 in 64 lower-case hexadecimal digits; `nil` where nobody has published it.
    public var sha256: String?

    /// Creates an entry.
    public init(_ name: String, summary: String, address: String, bytes: Int? = nil, sha256: String? = nil) {
        self.name = name
        self.summary = summary
        self.address = address
        self.bytes = bytes
        self.sha256 = sha256
    }

    /// The name.
    public var id: String { name }
}
