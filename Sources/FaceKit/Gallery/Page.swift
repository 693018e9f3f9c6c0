// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// A part of a list, in the list's stable order.
///
/// Offsets suit pages that people leaf through. To go through a large gallery from end to end, go on after the
/// ``GalleryPosition`` that came with the last page: its cost does not grow, and removals in between shift nothing.
public struct Page: Hashable, Sendable {
    /// Where a page starts.
    public enum Start: Hashable, Sendable {
        /// After so many entries.
        case offset(Int)
        /// Behind the place where an earlier page ended.
        case after(GalleryPosition)
    }

    /// Where the page starts.
    public var start: Start
    /// How many entries it has at most.
    public var limit: Int

    /// The page behind `offset` entries; numbers below 0 count as 0.
    public init(offset: Int = 0, limit: Int) {
        start = .offset(max(0, offset))
        self.limit = max(0, limit)
    }

    /// The page behind the place where an earlier one ended.
    public init(after position: GalleryPosition, limit: Int) {
        start = .after(position)
        self.limit = max(0, limit)
    }
}

/// A place in a list of subjects or templates, good for the gallery and the list it came from.
public struct GalleryPosition: Hashable, Sendable {
    /// The number of the last entry before the place; numbers rise with every addition and are not used again.
    package var number: UInt64

    package init(number: UInt64) {
        self.number = number
    }
}

/// A part of a list of templates.
public struct TemplatePage: Hashable, Sendable {
    /// In the order of enrolment.
    public var templates: [Template]
    /// Where the next page starts; `nil` when the list ends here.
    public var next: GalleryPosition?

    /// Describes a page.
    public init(templates: [Template], next: GalleryPosition?) {
        self.templates = templates
        self.next = next
    }
}

/// A part of a list of subjects.
public struct SubjectPage: Hashable, Sendable {
    /// In the order in which they came into the gallery.
    public var subjects: [Subject]
    /// Where the next page starts; `nil` when the list ends here.
    public var next: GalleryPosition?

    /// Describes a page.
    public init(subjects: [Subject], next: GalleryPosition?) {
        self.subjects = subjects
        self.next = next
    }
}
