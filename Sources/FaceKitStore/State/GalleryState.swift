// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation

/// The subjects and templates of one gallery in memory.
///
/// A change is checked first and applied second, so that a gallery with files can write it in between. Not safe for
/// threads by itself: see ``Guarded``.
final class GalleryState {
    struct SubjectEntry {
        var name: String
        var created: GalleryTime
        /// Numbers of the templates, ascending.
        var templates: [UInt64] = []
    }

    /// 96 bytes; the order of the properties saves eight.
    struct TemplateEntry {
        var id: UUID
        var subject: UInt64
        var enrolled: GalleryTime
        var metadata: [String: JSONValue]
        var vector: VectorPlace
        var picture: StoredPicture?
        var quality: Float?
        var boundingBox: BoundingBox?
    }

    /// Embeddings in preparation.
    struct Staged {
        var space: String
        var dimension: Int
        var vectors: [UUID: StoredVector] = [:]
    }

    let configuration: GalleryConfiguration
    var space: String?
    var dimension = 0
    var subjects = NumberedTable<SubjectEntry>()
    var subjectOfKey: [String: UInt64] = [:]
    var templates = NumberedTable<TemplateEntry>()
    var numberOfID: [UUID: UInt64] = [:]
    var pictureCount = 0
    var staged: Staged?
    /// Entries removed or replaced since the files were written anew.
    var awaitingErasure = 0
    /// The number of the next template; never used twice.
    var nextTemplate: UInt64 = 1
    /// The number of the next subject; never used twice.
    var nextSubject: UInt64 = 1
    /// Searches the templates by their numbers; `nil` while there are none, and while files are read.
    var index: SearchIndex?
    /// Makes an empty index; `nil` while files are read, when the index comes last.
    var makeIndex: ((SearchIndex.Configuration) -> SearchIndex)?
    /// Where vectors are that the index does not keep.
    var vectorFiles: VectorFiles?
    /// Whether the gallery was deleted from its store.
    var isRetired = false

    init(
        configuration: GalleryConfiguration,
        makeIndex: ((SearchIndex.Configuration) -> SearchIndex)? = nil
    ) {
        self.configuration = configuration
        self.makeIndex = makeIndex
    }

    func key(_ name: String) -> String { SubjectName.key(name, configuration.nameMatching) }

    func subjectNumber(_ name: String) -> UInt64? { subjectOfKey[key(name)] }
}

// MARK: - Reading

extension GalleryState {
    var statistics: GalleryStatistics {
        GalleryStatistics(
            space: space,
            dimension: space == nil ? nil : dimension,
            subjectCount: subjects.count,
            templateCount: templates.count,
            pictureCount: pictureCount,
            staged: staged.map { .init(space: $0.space, templateCount: $0.vectors.count) },
            awaitingErasure: awaitingErasure
        )
    }

    func subject(named name: String) -> Subject? {
        subjectNumber(name).flatMap { subjects[$0] }.map(Self.subject)
    }

    private static func subject(_ entry: SubjectEntry) -> Subject {
        Subject(name: entry.name, templateCount: entry.templates.count, created: entry.created.date)
    }

    func subjects(_ page: Page) -> SubjectPage {
        var found: [Subject] = []
        var last: UInt64 = 0
        var next: GalleryPosition?
        subjects.forEach(from: .init(page.start)) { number, entry in
            guard found.count < page.limit else {
                next = found.isEmpty ? nil : GalleryPosition(number: last)
                return false
            }
            found.append(Self.subject(entry))
            last = number
            return true
        }
        return SubjectPage(subjects: found, next: next)
    }

    func template(id: UUID) throws -> Template? {
        try numberOfID[id].flatMap(template(number:))
    }

    /// Those templates that there are, in the given order, each once.
    func templates(ids: [UUID]) throws -> [Template] {
        var seen: Set<UUID> = []
        return try ids.filter { seen.insert($0).inserted }.compactMap(template(id:))
    }

    /// What will become of the wish to rename a subject.
    func outcome(ofRenaming name: String, to newName: String) -> RenameOutcome {
        guard let number = subjectNumber(name), let entry = subjects[number] else { return .notFound }
        guard entry.name.utf8Differs(from: newName) else { return .unchanged }
        guard let other = subjectNumber(newName), other != number else { return .renamed }
        return .merged(templates: entry.templates.count)
    }

    func template(number: UInt64) throws -> Template? {
        try templates[number].map { try template($0, number: number) }
    }

    /// What has become of a template, whose embedding has not changed.
    func refreshed(_ template: Template) -> Template? {
        numberOfID[template.id].flatMap { templates[$0] }.map { self.template($0, template.embedding) }
    }

    private func template(_ entry: TemplateEntry, number: UInt64) throws -> Template {
        template(entry, Embedding(space: space ?? "", stored: try vector(entry, number: number)))
    }

    private func template(_ entry: TemplateEntry, _ embedding: Embedding) -> Template {
        Template(
            id: entry.id,
            subject: subjects[entry.subject]?.name ?? "",
            embedding: embedding,
            boundingBox: entry.boundingBox,
            quality: entry.quality,
            metadata: entry.metadata,
            enrolled: entry.enrolled,
            pictureSize: entry.picture?.size
        )
    }

    /// The embedding of a template.
    func vector(_ entry: TemplateEntry, number: UInt64) throws -> [Float] {
        try vector(at: entry.vector, dimension: dimension) ?? index?.vector(of: number) ?? []
    }

    /// A vector from the files; `nil` for one that the index keeps.
    private func vector(at place: VectorPlace, dimension: Int) throws -> [Float]? {
        try place.location.flatMap { try vectorFiles?.vector($0.file, offset: $0.offset, dimension: dimension) }
    }

    /// A vector in preparation.
    func vector(_ stored: StoredVector, dimension: Int) throws -> [Float] {
        switch stored {
        case .values(let values): values
        case .place(let place): try vector(at: place, dimension: dimension) ?? []
        }
    }

    func picture(of id: UUID) -> StoredPicture? {
        numberOfID[id].flatMap { templates[$0]?.picture }
    }

    func templates(matching filter: TemplateFilter, _ page: Page) throws -> TemplatePage {
        if filter == .all, case .offset(let offset) = page.start {
            return try templates(offset: offset, limit: page.limit)
        }
        var walk = PageWalk(page)
        var found: [Template] = []
        try forEachTemplate(matching: filter, after: page.firstNumber) { number, entry in
            switch walk.next(number) {
            case .skip: break
            case .take: found.append(try template(entry, number: number))
            case .stop: return false
            }
            return true
        }
        return TemplatePage(templates: found, next: walk.position)
    }

    /// A page of all templates, without a walk to it.
    private func templates(offset: Int, limit: Int) throws -> TemplatePage {
        var walk = PageWalk(Page(limit: limit))
        var found: [Template] = []
        try templates.forEach(from: .offset(offset)) { number, entry in
            guard walk.next(number) == .take else { return false }
            found.append(try template(entry, number: number))
            return true
        }
        return TemplatePage(templates: found, next: walk.position)
    }

    func templatesToStage(_ page: Page) throws -> TemplatePage {
        var walk = PageWalk(page)
        var found: [Template] = []
        try forEachTemplate(matching: .all, after: page.firstNumber) { number, entry in
            guard staged?.vectors[entry.id] == nil else { return true }
            switch walk.next(number) {
            case .skip: break
            case .take: found.append(try template(entry, number: number))
            case .stop: return false
            }
            return true
        }
        return TemplatePage(templates: found, next: walk.position)
    }

    func count(matching filter: TemplateFilter) -> Int {
        if filter.metadata.isEmpty {
            guard let names = filter.subjects else { return templates.count }
            return numbers(ofSubjects: names).count
        }
        var count = 0
        forEachTemplate(matching: filter) { _, _ in
            count += 1
            return true
        }
        return count
    }

    /// The numbers of the templates of these subjects, ascending.
    private func numbers(ofSubjects names: Set<String>) -> [UInt64] {
        let subjectNumbers = Set(names.compactMap(subjectNumber))
        let lists = subjectNumbers.compactMap { subjects[$0]?.templates }
        return lists.count == 1 ? lists[0] : lists.flatMap(\.self).sorted()
    }

    /// Calls `body` in the order of enrolment, for templates with a number above `after`, until it returns false.
    private func forEachTemplate(
        matching filter: TemplateFilter,
        after: UInt64 = 0,
        _ body: (UInt64, TemplateEntry) throws -> Bool
    ) rethrows {
        guard let names = filter.subjects else {
            try templates.forEach(from: .after(after)) { number, entry in
                filter.admits(entry.metadata) ? try body(number, entry) : true
            }
            return
        }
        for number in numbers(ofSubjects: names) where number > after {
            guard let entry = templates[number], filter.admits(entry.metadata) else { continue }
            guard try body(number, entry) else { return }
        }
    }

    func candidates(for probes: [Embedding], _ options: SearchOptions) throws -> [[Candidate]] {
        guard let space else { return probes.map { _ in [] } }
        for probe in probes { try check(probe, space: space, dimension: dimension) }
        let limit = min(max(options.limit, 0), templates.count)
        guard limit > 0 else { return probes.map { _ in [] } }

        let request = SearchRequest(limit: limit, options, filter: admission(options.filter))
        let found = try index?.search(probes.map(\.vector), request, vectors: vectors(of:)) ?? probes.map { _ in [] }
        return try found.map { hits in
            try hits.compactMap { hit in
                try template(number: hit.key).map {
                    Candidate(template: $0, similarity: Similarity(rawValue: hit.similarity))
                }
            }
        }
    }

    /// What the index asks for in the last stage of a search.
    private func vectors(of numbers: [SearchIndex.Key]) throws -> [[Float]?] {
        try numbers.map { number in try templates[number].map { try vector($0, number: number) } }
    }

    /// What a search asks about the templates near the top.
    private func admission(
        _ filter: TemplateFilter
    ) -> (@Sendable (SearchIndex.Key, SearchIndex.Subject) -> Bool)? {
        if filter == .all { return nil }
        if filter.metadata.isEmpty, let names = filter.subjects {
            let numbers = Set(names.compactMap(subjectNumber).map(SearchIndex.Subject.init(truncatingIfNeeded:)))
            return { numbers.contains($1) }
        }
        var numbers: Set<UInt64> = []
        forEachTemplate(matching: filter) { number, _ in
            numbers.insert(number)
            return true
        }
        return { [numbers] number, _ in numbers.contains(number) }
    }
}

extension SearchRequest {
    /// A gallery's search as one of its index.
    init(limit: Int, _ options: SearchOptions, filter: (@Sendable (SearchIndex.Key, SearchIndex.Subject) -> Bool)?) {
        self.init(
            limit: limit,
            minimumSimilarity: options.threshold?.rawValue,
            unit: options.ranking == .subjects ? .subjects : .faces,
            method: options.precision == .exact ? .exact : .automatic,
            filter: filter
        )
    }
}

extension NumberedTable.Start {
    init(_ start: Page.Start) {
        self =
            switch start {
            case .offset(let offset): .offset(offset)
            case .after(let position): .after(position.number)
            }
    }
}

extension Page {
    /// The number behind which the page starts, 0 for an offset.
    var firstNumber: UInt64 {
        if case .after(let position) = start { position.number } else { 0 }
    }
}

/// Counts through a list for one page of it.
private struct PageWalk {
    enum Step { case skip, take, stop }

    private var offset: Int
    private var left: Int
    private var last: UInt64?
    /// Where the next page starts, once the walk was stopped.
    private(set) var position: GalleryPosition?

    init(_ page: Page) {
        if case .offset(let offset) = page.start { self.offset = offset } else { offset = 0 }
        left = page.limit
    }

    mutating func next(_ number: UInt64) -> Step {
        if offset > 0 {
            offset -= 1
            return .skip
        }
        guard left > 0 else {
            position = last.map(GalleryPosition.init(number:))
            return .stop
        }
        left -= 1
        last = number
        return .take
    }
}
