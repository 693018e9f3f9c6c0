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

    struct TemplateEntry {
        var id: UUID
        var subject: UInt64
        var boundingBox: BoundingBox?
        var quality: Float?
        var metadata: [String: JSONValue]
        var enrolled: GalleryTime
        var picture: StoredPicture?
    }

    /// Embeddings in preparation.
    struct Staged {
        var space: String
        var dimension: Int
        var vectors: [UUID: [Float]] = [:]
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
    var index = ExactIndex(dimension: 0)
    /// Whether the gallery was deleted from its store.
    var isRetired = false

    init(configuration: GalleryConfiguration) {
        self.configuration = configuration
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

    func template(id: UUID) -> Template? {
        numberOfID[id].flatMap(template(number:))
    }

    /// Those templates that there are, in the given order, each once.
    func templates(ids: [UUID]) -> [Template] {
        var seen: Set<UUID> = []
        return ids.filter { seen.insert($0).inserted }.compactMap(template(id:))
    }

    /// What will become of the wish to rename a subject.
    func outcome(ofRenaming name: String, to newName: String) -> RenameOutcome {
        guard let number = subjectNumber(name), let entry = subjects[number] else { return .notFound }
        guard entry.name.utf8Differs(from: newName) else { return .unchanged }
        guard let other = subjectNumber(newName), other != number else { return .renamed }
        return .merged(templates: entry.templates.count)
    }

    func template(number: UInt64) -> Template? {
        templates[number].map { template($0, number: number) }
    }

    private func template(_ entry: TemplateEntry, number: UInt64) -> Template {
        Template(
            id: entry.id,
            subject: subjects[entry.subject]?.name ?? "",
            embedding: Embedding(space: space ?? "", stored: index.vector(number: number)),
            boundingBox: entry.boundingBox,
            quality: entry.quality,
            metadata: entry.metadata,
            enrolled: entry.enrolled,
            pictureSize: entry.picture?.size
        )
    }

    func picture(of id: UUID) -> StoredPicture? {
        numberOfID[id].flatMap { templates[$0]?.picture }
    }

    func templates(matching filter: TemplateFilter, _ page: Page) -> TemplatePage {
        if filter == .all, case .offset(let offset) = page.start { return templates(offset: offset, limit: page.limit) }
        var walk = PageWalk(page)
        var found: [Template] = []
        forEachTemplate(matching: filter, after: page.firstNumber) { number, entry in
            switch walk.next(number) {
            case .skip: break
            case .take: found.append(template(entry, number: number))
            case .stop: return false
            }
            return true
        }
        return TemplatePage(templates: found, next: walk.position)
    }

    /// A page of all templates, without a walk to it.
    private func templates(offset: Int, limit: Int) -> TemplatePage {
        var walk = PageWalk(Page(limit: limit))
        var found: [Template] = []
        templates.forEach(from: .offset(offset)) { number, entry in
            guard walk.next(number) == .take else { return false }
            found.append(template(entry, number: number))
            return true
        }
        return TemplatePage(templates: found, next: walk.position)
    }

    func templatesToStage(_ page: Page) -> TemplatePage {
        var walk = PageWalk(page)
        var found: [Template] = []
        forEachTemplate(matching: .all, after: page.firstNumber) { number, entry in
            guard staged?.vectors[entry.id] == nil else { return true }
            switch walk.next(number) {
            case .skip: break
            case .take: found.append(template(entry, number: number))
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
        _ body: (UInt64, TemplateEntry) -> Bool
    ) {
        guard let names = filter.subjects else {
            templates.forEach(from: .after(after)) { number, entry in
                filter.admits(entry.metadata) ? body(number, entry) : true
            }
            return
        }
        for number in numbers(ofSubjects: names) where number > after {
            guard let entry = templates[number], filter.admits(entry.metadata) else { continue }
            guard body(number, entry) else { return }
        }
    }

    func candidates(for probes: [Embedding], _ options: SearchOptions) throws -> [[Candidate]] {
        guard let space else { return probes.map { _ in [] } }
        for probe in probes { try check(probe, space: space, dimension: dimension) }
        let limit = min(max(options.limit, 0), templates.count)
        guard limit > 0 else { return probes.map { _ in [] } }

        var admitted: Set<UInt64>?
        if options.filter != .all {
            var numbers: Set<UInt64> = []
            forEachTemplate(matching: options.filter) { number, _ in
                numbers.insert(number)
                return true
            }
            admitted = numbers
        }
        let search = HitSearch(limit: limit, count: templates.count, options: options)
        return probes.map { probe in
            let hits = search.run(
                { index.search(probe.vector, limit: $0, admitted: admitted) },
                subject: { templates[$0]?.subject }
            )
            return hits.compactMap { hit in
                template(number: hit.number).map {
                    Candidate(template: $0, similarity: Similarity(rawValue: hit.similarity))
                }
            }
        }
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
