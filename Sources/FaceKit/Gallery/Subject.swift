// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import Foundation

/// A person in a gallery; one without templates stays until removed.
public struct Subject: Hashable, Sendable {
    /// The name as it was given first, or by the last renaming.
    public let name: String
    /// How many templates the subject has.
    public let templateCount: Int
    /// When the subject came into the gallery.
    public let created: Date

    /// Describes a subject.
    public init(name: String, templateCount: Int, created: Date) {
        self.name = name
        self.templateCount = templateCount
        self.created = created
    }
}
