// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Numbers about a gallery.
public struct GalleryStatistics: Hashable, Sendable {
    /// The space that is being prepared by re-embedding, beside the one that is served.
    public struct Staged: Hashable, Sendable {
        /// The new space.
        public var space: String
        /// Templates that have an embedding in it.
        public var templateCount: Int

        /// Describes a space in preparation.
        public init(space: String, templateCount: Int) {
            self.space = space
            self.templateCount = templateCount
        }
    }

    /// The space of every embedding in the gallery; `nil` while it has no templates.
    public var space: String?
    /// Components of an embedding; `nil` while the gallery has no templates.
    public var dimension: Int?
    /// How many subjects there are, with templates or without.
    public var subjectCount: Int
    /// How many templates are enrolled.
    public var templateCount: Int
    /// How many of them have a picture.
    public var pictureCount: Int
    /// A re-embedding that is not finished.
    public var staged: Staged?
    /// Removed or replaced entries whose bytes may still be in the gallery's files; ``Gallery/compact()`` brings this to
    /// 0.
    public var awaitingErasure: Int

    /// Describes a gallery.
    public init(
        space: String? = nil,
        dimension: Int? = nil,
        subjectCount: Int = 0,
        templateCount: Int = 0,
        pictureCount: Int = 0,
        staged: Staged? = nil,
        awaitingErasure: Int = 0
    ) {
        self.space = space
        self.dimension = dimension
        self.subjectCount = subjectCount
        self.templateCount = templateCount
        self.pictureCount = pictureCount
        self.staged = staged
        self.awaitingErasure = awaitingErasure
    }
}
