// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation

extension GalleryState {
    /// The most bytes of metadata of one template, as JSON.
    static let maximumMetadataBytes = 1 << 20

    // MARK: - Checking

    /// Whether a change can be applied.
    ///
    /// - Throws: What the operation of ``Gallery`` promises; nothing has changed then.
    func check(_ change: GalleryChange) throws {
        switch change {
        case .addSubject(let name, _):
            try SubjectName.check(name)
        case .enroll(let newcomers, _):
            var overlay = EnrollmentOverlay()
            try check(newcomers, beside: &overlay)
        case .renameSubject(_, let newName):
            try SubjectName.check(newName)
        case .update(_, let changes, _):
            if let name = changes.subject { try SubjectName.check(name) }
            if let metadata = changes.metadata { try Self.check(metadata: metadata) }
            try Self.check(quality: changes.quality)
        case .stage(let embeddings):
            try check(staged: embeddings)
        case .switchToStaged(let removingOthers):
            guard let staged else {
                throw FaceError(.reembeddingIncomplete, "no other space is in preparation in this gallery")
            }
            let missing = templates.count - staged.vectors.count
            guard removingOthers || missing == 0 else {
                throw FaceError(
                    .reembeddingIncomplete,
                    "\(missing) of \(templates.count) templates have no embedding in \(staged.space)"
                )
            }
        case .removeSubject, .removeTemplates, .removeAll, .discardStaged: break
        }
    }

    /// Checks newcomers beside others that are checked but not applied yet, and adds them to these.
    func check(_ newcomers: [GalleryChange.Newcomer], beside overlay: inout EnrollmentOverlay) throws {
        guard let first = newcomers.first?.template.embedding else { return }
        let own = space.map { EnrollmentOverlay.Space(name: $0, dimension: dimension) }
        let target = own ?? overlay.space ?? EnrollmentOverlay.Space(name: first.space, dimension: first.vector.count)
        var ids: Set<UUID> = []
        for newcomer in newcomers {
            let template = newcomer.template
            try check(template.embedding, space: target.name, dimension: target.dimension)
            try SubjectName.check(template.subject)
            try Self.check(metadata: template.metadata)
            try Self.check(quality: template.quality)
            guard numberOfID[template.id] == nil, !overlay.ids.contains(template.id), ids.insert(template.id).inserted
            else { throw FaceError(.duplicateTemplate, "template \(template.id) is enrolled already") }
        }
        overlay.space = target
        overlay.ids.formUnion(ids)
    }

    /// Whether a change that was checked leaves everything as it is.
    func isVoid(_ change: GalleryChange) -> Bool {
        switch change {
        case .addSubject(let name, _): subjectNumber(name) != nil
        case .enroll(let newcomers, _): newcomers.isEmpty
        case .renameSubject(let name, let newName):
            [.notFound, .unchanged].contains(outcome(ofRenaming: name, to: newName))
        case .removeSubject(let name): subjectNumber(name) == nil
        case .removeTemplates(let ids): ids.allSatisfy { numberOfID[$0] == nil }
        case .update(let id, let changes, _): numberOfID[id] == nil || changes == TemplateChanges()
        case .removeAll: subjects.count == 0
        case .stage(let embeddings): embeddings.allSatisfy { numberOfID[$0.id] == nil }
        case .switchToStaged: false
        case .discardStaged: staged == nil
        }
    }

    func check(_ embedding: Embedding, space: String, dimension: Int) throws {
        guard embedding.space == space, embedding.vector.count == dimension else {
            throw FaceError(
                .incomparableEmbeddings,
                "an embedding of \(embedding.space) with \(embedding.vector.count) dimensions does not fit a gallery "
                    + "of \(space) with \(dimension)"
            )
        }
    }

    static func check(metadata: [String: JSONValue]) throws {
        let size = try JSONValue.text(of: metadata).count
        guard size <= maximumMetadataBytes else {
            throw FaceError(
                .invalidMetadata,
                "the metadata of a template has \(size) bytes, more than the \(maximumMetadataBytes) that are allowed"
            )
        }
    }

    static func check(quality: Float?) throws {
        guard let quality, !(0...1).contains(quality) else { return }
        throw FaceError(.invalidConfiguration, "the quality of a face lies within 0 and 1, \(quality) does not")
    }

    private func check(staged embeddings: [GalleryChange.Staged]) throws {
        guard let first = embeddings.first?.embedding else { return }
        guard first.space != space else {
            throw FaceError(.incomparableEmbeddings, "the gallery is in the space \(first.space) already")
        }
        let (target, dimension) = staged.map { ($0.space, $0.dimension) } ?? (first.space, first.vector.count)
        for embedding in embeddings.map(\.embedding)
        where embedding.space != target || embedding.vector.count != dimension {
            throw FaceError(
                .incomparableEmbeddings,
                "an embedding of \(embedding.space) with \(embedding.vector.count) dimensions does not fit a "
                    + "re-embedding into \(target) with \(dimension)"
            )
        }
    }

    // MARK: - Applying

    /// Makes what a change needs to be applied, where that takes long or can fail.
    ///
    /// - Throws: What reading vectors throws.
    func supplement(for change: GalleryChange) throws -> ChangeSupplement {
        guard case .switchToStaged = change, let staged else { return .init() }
        let index = try filledIndex(staged.space, dimension: staged.dimension) { _, entry in
            try staged.vectors[entry.id].map { try vector($0, dimension: staged.dimension) }
        }
        return .init(index: index)
    }

    /// Applies a change that was checked.
    func apply(_ change: GalleryChange, _ supplement: ChangeSupplement = .init()) {
        switch change {
        case .addSubject(let name, let time): _ = findOrCreateSubject(name, at: time)
        case .enroll(let newcomers, let time): enroll(newcomers, at: time, supplement.places)
        case .renameSubject(let name, let newName): renameSubject(name, to: newName)
        case .removeSubject(let name): removeSubject(name)
        case .removeTemplates(let ids): removeTemplates(ids)
        case .update(let id, let changes, let time): update(id, changes, at: time)
        case .removeAll: removeAll()
        case .stage(let embeddings): stage(embeddings, supplement.places)
        case .switchToStaged: switchToStaged(supplement.index)
        case .discardStaged: discardStaged()
        }
    }

    func findOrCreateSubject(_ name: String, at time: GalleryTime) -> UInt64 {
        let key = key(name)
        if let number = subjectOfKey[key] { return number }
        let number = nextSubject
        nextSubject += 1
        subjects.append(SubjectEntry(name: name, created: time), number: number)
        subjectOfKey[key] = number
        return number
    }

    private func enroll(
        _ newcomers: [GalleryChange.Newcomer],
        at time: GalleryTime,
        _ places: ArraySlice<VectorPlace>
    ) {
        guard let first = newcomers.first?.template.embedding else { return }
        if space == nil {
            space = first.space
            dimension = first.vector.count
            index = emptyIndex(first.space, dimension: dimension)
        }
        var places = places
        var entries: [SearchIndex.Entry] = []
        for newcomer in newcomers {
            let template = newcomer.template
            let subject = findOrCreateSubject(template.subject, at: time)
            let entry = TemplateEntry(
                id: template.id,
                subject: subject,
                enrolled: GalleryTime(template.enrolled),
                metadata: template.metadata,
                vector: places.popFirst() ?? .index,
                picture: newcomer.picture,
                quality: template.quality,
                boundingBox: template.boundingBox
            )
            insert(entry, number: nextTemplate)
            entries.append(
                .init(key: nextTemplate, subject: Self.indexed(subject), vector: template.embedding.vector)
            )
            nextTemplate += 1
        }
        index?.insert(entries)
    }

    private func emptyIndex(_ space: String, dimension: Int) -> SearchIndex? {
        makeIndex?(.init(dimension: dimension, space: space))
    }

    /// Makes an index of the templates for which there is a vector; `nil` while no index is kept.
    private func filledIndex(
        _ space: String,
        dimension: Int,
        _ vector: (UInt64, TemplateEntry) throws -> [Float]?
    ) rethrows -> SearchIndex? {
        guard let index = emptyIndex(space, dimension: dimension) else { return nil }
        var entries: [SearchIndex.Entry] = []
        try templates.forEach { number, entry in
            guard let vector = try vector(number, entry) else { return }
            entries.append(.init(key: number, subject: Self.indexed(entry.subject), vector: vector))
            guard entries.count == 4096 else { return }
            index.insert(entries)
            entries = []
        }
        index.insert(entries)
        return index
    }

    /// Makes the index anew from the vectors in the files.
    func fillIndex() throws {
        guard let space else { return }
        index = try filledIndex(space, dimension: dimension) { number, entry in try vector(entry, number: number) }
    }

    /// The number of a subject in the index.
    static func indexed(_ subject: UInt64) -> SearchIndex.Subject { .init(truncatingIfNeeded: subject) }

    /// Adds a template of a subject that exists, behind all others, but not to the index; returns false where its id is
    /// known already.
    @discardableResult
    func insert(_ entry: TemplateEntry, number: UInt64) -> Bool {
        if let known = numberOfID.updateValue(number, forKey: entry.id) {
            numberOfID[entry.id] = known
            return false
        }
        templates.append(entry, number: number)
        subjects.update(entry.subject) { $0.templates.append(number) }
        if entry.picture != nil { pictureCount += 1 }
        return true
    }

    private func renameSubject(_ name: String, to newName: String) {
        guard let number = subjectNumber(name), let entry = subjects[number], entry.name.utf8Differs(from: newName)
        else { return }
        awaitingErasure += 1
        let newKey = key(newName)
        guard let other = subjectOfKey[newKey], other != number else {
            subjectOfKey[key(name)] = nil
            subjectOfKey[newKey] = number
            subjects.update(number) { $0.name = newName }
            return
        }
        for template in entry.templates { templates.update(template) { $0.subject = other } }
        index?.setSubjects(entry.templates.map { ($0, Self.indexed(other)) })
        subjects.update(other) { $0.templates = ($0.templates + entry.templates).sorted() }
        subjects[number] = nil
        subjectOfKey[key(name)] = nil
    }

    private func removeSubject(_ name: String) {
        guard let number = subjectNumber(name), let entry = subjects[number] else { return }
        subjects[number] = nil
        removeTemplates(entry.templates.compactMap { templates[$0]?.id })
        subjectOfKey[key(name)] = nil
        awaitingErasure += 1
    }

    private func removeTemplates(_ ids: [UUID]) {
        index?.remove(ids.compactMap { numberOfID[$0] }.sorted())
        for id in ids { removeTemplate(id) }
        if templates.count == 0 { forgetSpaces() }
    }

    /// Removes a template that the index does not have any more.
    private func removeTemplate(_ id: UUID) {
        guard let number = numberOfID.removeValue(forKey: id), let entry = templates[number] else { return }
        subjects.update(entry.subject) { subject in
            if let place = subject.templates.firstIndex(of: number) { subject.templates.remove(at: place) }
        }
        if entry.picture != nil { pictureCount -= 1 }
        templates[number] = nil
        staged?.vectors[id] = nil
        awaitingErasure += 1
    }

    /// Becomes a gallery without a space again, when there are no templates any more.
    func forgetSpaces() {
        space = nil
        dimension = 0
        staged = nil
        index = nil
    }

    private func removeAll() {
        awaitingErasure += templates.count + subjects.count + (staged?.vectors.count ?? 0)
        subjects = .init()
        subjectOfKey = [:]
        templates = .init()
        numberOfID = [:]
        pictureCount = 0
        forgetSpaces()
    }

    private func update(_ id: UUID, _ changes: TemplateChanges, at time: GalleryTime) {
        guard let number = numberOfID[id], let entry = templates[number], changes != TemplateChanges() else { return }
        awaitingErasure += 1
        if let name = changes.subject {
            let subject = findOrCreateSubject(name, at: time)
            if subject != entry.subject {
                subjects.update(entry.subject) { $0.templates.removeAll { $0 == number } }
                subjects.update(subject) { subject in
                    let place = subject.templates.firstIndex { $0 > number } ?? subject.templates.endIndex
                    subject.templates.insert(number, at: place)
                }
                index?.setSubject(Self.indexed(subject), of: number)
            }
            templates.update(number) { $0.subject = subject }
        }
        templates.update(number) { entry in
            if let metadata = changes.metadata { entry.metadata = metadata }
            if let quality = changes.quality { entry.quality = quality }
        }
    }

    private func stage(_ embeddings: [GalleryChange.Staged], _ places: ArraySlice<VectorPlace>) {
        guard let first = embeddings.first(where: { numberOfID[$0.id] != nil })?.embedding else { return }
        var places = places
        var staged = self.staged ?? Staged(space: first.space, dimension: first.vector.count)
        self.staged = nil
        for new in embeddings {
            let vector = places.popFirst().map(StoredVector.place) ?? .values(new.embedding.vector)
            guard numberOfID[new.id] != nil else { continue }
            if staged.vectors.updateValue(vector, forKey: new.id) != nil { awaitingErasure += 1 }
        }
        self.staged = staged
    }

    private func switchToStaged(_ newIndex: SearchIndex?) {
        guard let staged else { return }
        self.staged = nil
        var others: [UUID] = []
        templates.forEach { _, entry in
            if staged.vectors[entry.id] == nil { others.append(entry.id) }
        }
        removeTemplates(others)
        guard templates.count > 0 else { return }
        awaitingErasure += templates.count
        space = staged.space
        dimension = staged.dimension
        index = newIndex
        templates.updateAll { entry in
            if case .place(let place)? = staged.vectors[entry.id] { entry.vector = place }
        }
    }

    private func discardStaged() {
        awaitingErasure += staged?.vectors.count ?? 0
        staged = nil
    }
}

/// Newcomers that are on their way together.
struct EnrollmentOverlay {
    struct Space {
        var name: String
        var dimension: Int
    }

    /// The space of those before, which an empty gallery will take.
    var space: Space?
    var ids: Set<UUID> = []
}

extension GalleryState {
    /// Gives up pictures that cannot be read.
    func dropPictures(of ids: [UUID]) {
        for id in ids {
            guard let number = numberOfID[id], templates[number]?.picture != nil else { continue }
            templates.update(number) { $0.picture = nil }
            pictureCount -= 1
        }
    }

    /// Takes note that vectors lie elsewhere.
    func relocate(_ vectors: Snapshot.Vectors, in files: VectorFiles) {
        var places = vectors.templates[...]
        templates.updateAll { entry in
            if let place = places.popFirst() { entry.vector = place }
        }
        for (id, place) in vectors.staged { staged?.vectors[id] = .place(place) }
        vectorFiles = files
    }

    /// Takes note that pictures lie elsewhere.
    func relocate(_ locations: [UUID: PictureLocation]) {
        for (id, location) in locations {
            if let number = numberOfID[id] { templates.update(number) { $0.picture = .record(location) } }
        }
    }
}

extension String {
    /// Whether two texts differ in any byte; `!=` is true only where they are not canonically equivalent.
    func utf8Differs(from other: String) -> Bool { !utf8.elementsEqual(other.utf8) }
}
