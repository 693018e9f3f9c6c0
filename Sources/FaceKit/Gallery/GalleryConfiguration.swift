// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What is fixed when a gallery is created.
public struct GalleryConfiguration: Hashable, Sendable {
    /// When two names mean the same subject.
    public enum NameMatching: String, Hashable, Sendable, Codable {
        /// When they are the same text.
        case exact
        /// When they differ in upper and lower case at most; the first spelling is kept.
        case ignoringCase
    }

    /// When two names mean the same subject; by default when they are the same text.
    public var nameMatching: NameMatching

    /// Describes a gallery to be created.
    public init(nameMatching: NameMatching = .exact) {
        self.nameMatching = nameMatching
    }
}
