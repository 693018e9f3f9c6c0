// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// How a gallery is searched.
public struct SearchOptions: Hashable, Sendable {
    /// What the lines of an answer stand for.
    public enum Ranking: Hashable, Sendable {
        /// The best templates; a subject may occur more than once.
        case templates
        /// The best subjects, each with its most similar template.
        case subjects
    }

    /// How exact the answer is.
    public enum Precision: Hashable, Sendable {
        /// The gallery's choice by its size; what it may miss is documented with the gallery.
        case automatic
        /// Every template is compared.
        case exact
    }

    /// How many candidates there are at most; below 1 gives none.
    public var limit: Int
    /// Templates or subjects.
    public var ranking: Ranking
    /// Leaves out candidates that are less similar.
    public var threshold: Similarity?
    /// Searches only these templates.
    public var filter: TemplateFilter
    /// Fast or exact.
    public var precision: Precision

    /// Describes a search.
    public init(
        limit: Int = 1,
        ranking: Ranking = .templates,
        threshold: Similarity? = nil,
        filter: TemplateFilter = .all,
        precision: Precision = .automatic
    ) {
        self.limit = limit
        self.ranking = ranking
        self.threshold = threshold
        self.filter = filter
        self.precision = precision
    }
}
