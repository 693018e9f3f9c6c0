// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What is changed of a template; what is `nil` stays.
public struct TemplateChanges: Hashable, Sendable {
    /// The subject that the template goes to, which is created on demand.
    public var subject: String?
    /// Takes the place of all metadata.
    public var metadata: [String: JSONValue]?
    /// The new quality.
    public var quality: Float?

    /// Describes a change.
    public init(subject: String? = nil, metadata: [String: JSONValue]? = nil, quality: Float? = nil) {
        self.subject = subject
        self.metadata = metadata
        self.quality = quality
    }
}
