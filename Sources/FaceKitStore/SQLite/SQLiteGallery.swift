// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import FaceKit
public import Foundation
import GRDB

/// A gallery in a SQLite database, beside others or by itself.
///
/// See ``SQLiteGalleryStore`` for what the database promises. A search index is kept in memory from the first search on,
/// 596 bytes for each face of 512 dimensions; everything else stays in the database.
public final class SQLiteGallery: DurableGallery {
    let database: GalleryDatabase
    private let id: Int64
    private let cache = SQLiteSearchCache()
    public let configuration: GalleryConfiguration

    init(_ database: GalleryDatabase, _ record: GalleryRecord) {
        self.database = database
        id = record.id
        configuration = GalleryConfiguration(nameMatching: record.nameMatching)
    }

    /// Opens one gallery of a database, and creates both where they are missing and may be written.
    ///
    /// - Parameters:
    ///   - path: The database's file.
    ///   - name: The gallery's name in it.
    ///   - access: For reading or for writing.
    ///   - configuration: For a gallery that is created; one that exists keeps its own.
    ///   - options: Settings of the database.
    /// - Throws: As ``SQLiteGalleryStore/init(path:access:options:)`` does, and ``FaceError/Code/galleryNotFound`` when
    ///   the database that is opened for reading has no such gallery.
    public convenience init(
        path: String,
        name: String = "default",
        access: SQLiteGalleryStore.Access = .readWrite,
        configuration: GalleryConfiguration = .init(),
        options: SQLiteGalleryStore.Options = .init()
    ) async throws {
        let store = try await SQLiteGalleryStore(path: path, access: access, options: options)
        let record: GalleryRecord? =
            switch access {
            case .readOnly: try await store.database.read { try GalleryDatabase.record(named: name, $0) }
            case .readWrite: try await store.record(openingNamed: name, configuration)
            }
        guard let record else {
            throw FaceError(.galleryNotFound, "the database \(path) has no gallery \(name)")
        }
        self.init(store.database, record)
    }

    public var statistics: GalleryStatistics {
        get async throws { try await read { $1.statistics } }
    }

    // MARK: Subjects

    @discardableResult
    public func addSubject(_ name: String, created: Date) async throws -> Bool {
        try SubjectName.check(name)
        return try await write { db, _ in
            let isKnown = try self.subjectID(name, db) != nil
            if isKnown { return false }
            _ = try self.findOrCreateSubject(name, at: GalleryTime(created), db)
            return true
        }
    }

    public func subject(named name: String) async throws -> Subject? {
        try await read { db, _ in try self.subjectRow(name, db).map(Self.subject) }
    }

    public func subjects(_ page: Page) async throws -> SubjectPage {
        try await read { db, _ in
            guard page.limit > 0 else { return SubjectPage(subjects: [], next: nil) }
            let rows = try Row.fetchAll(
                db,
                sql: "SELECT * FROM subjects WHERE gallery = ? AND id > ? ORDER BY id LIMIT ? OFFSET ?",
                arguments: [self.id, page.firstID, page.sqlLimit, page.sqlOffset]
            )
            let kept = rows.prefix(page.limit)
            return SubjectPage(
                subjects: kept.map(Self.subject),
                next: rows.count > kept.count
                    ? kept.last.map { GalleryPosition(number: UInt64($0["id"] as Int64)) } : nil
            )
        }
    }

    public func renameSubject(_ name: String, to newName: String) async throws -> RenameOutcome {
        try SubjectName.check(newName)
        return try await write { db, _ in
            guard let row = try self.subjectRow(name, db) else { return .notFound }
            let oldName: String = row["name"]
            guard oldName.utf8Differs(from: newName) else { return .unchanged }
            let subject: Int64 = row["id"]
            try self.noteErasure(1, db)
            if let other = try self.subjectID(newName, db), other != subject {
                let count: Int = row["templateCount"]
                try db.execute(
                    sql: "UPDATE templates SET subject = ? WHERE subject = ?",
                    arguments: [other, subject]
                )
                try db.execute(sql: "DELETE FROM subjects WHERE id = ?", arguments: [subject])
                try self.raiseRevision(db)
                return .merged(templates: count)
            }
            try db.execute(
                sql: "UPDATE subjects SET name = ?, key = ? WHERE id = ?",
                arguments: [newName, self.key(newName), subject]
            )
            return .renamed
        }
    }

    @discardableResult
    public func removeSubject(_ name: String) async throws -> Subject? {
        try await write { db, _ in
            guard let row = try self.subjectRow(name, db) else { return nil }
            let subject = Self.subject(row)
            try db.execute(sql: "DELETE FROM templates WHERE subject = ?", arguments: [row["id"] as Int64])
            try db.execute(sql: "DELETE FROM subjects WHERE id = ?", arguments: [row["id"] as Int64])
            try self.noteErasure(1, db)
            try self.settle(db)
            return subject
        }
    }

    @discardableResult
    public func removeAll() async throws -> GalleryStatistics {
        try await write { db, record in
            let before = record.statistics
            if before.subjectCount > 0 {
                try db.execute(sql: "DELETE FROM templates WHERE gallery = ?", arguments: [self.id])
                try db.execute(sql: "DELETE FROM subjects WHERE gallery = ?", arguments: [self.id])
                try db.execute(sql: "DELETE FROM changes WHERE gallery = ?", arguments: [self.id])
                try self.noteErasure(before.subjectCount, db)
                try self.raiseEpoch(db)
                try self.settle(db)
            }
            return before
        }
    }

    // MARK: Templates

    public func enroll(_ enrollments: [Enrollment]) async throws {
        guard let first = enrollments.first?.template.embedding else { return }
        var ids: Set<UUID> = []
        for enrollment in enrollments {
            try SubjectName.check(enrollment.template.subject)
            try GalleryState.check(metadata: enrollment.template.metadata)
            try GalleryState.check(quality: enrollment.template.quality)
            guard ids.insert(enrollment.template.id).inserted else {
                throw FaceError(.duplicateTemplate, "template \(enrollment.template.id) is named twice in one call")
            }
        }
        let now = GalleryTime.now
        try await database.writeTogether { db in
            let record = try self.record(db)
            let space = record.space ?? first.space
            let dimension = record.space == nil ? first.vector.count : record.dimension
            for enrollment in enrollments {
                try Self.check(enrollment.template.embedding, space: space, dimension: dimension)
            }
            var insertion = try TemplateInsertion(db, gallery: self.id)
            var subjects: [String: Int64] = [:]
            for enrollment in enrollments {
                let name = enrollment.template.subject
                let subject = try subjects[name] ?? self.findOrCreateSubject(name, at: now, db)
                subjects[name] = subject
                try insertion.insert(enrollment, subject: subject)
            }
            try insertion.finish()
            if record.space == nil {
                try db.execute(
                    sql: "UPDATE galleries SET space = ?, dimension = ?, epoch = epoch + 1 WHERE id = ?",
                    arguments: [space, dimension, self.id]
                )
            }
            try self.raiseRevision(db)
        }
    }

    static func check(_ embedding: Embedding, space: String, dimension: Int) throws {
        guard embedding.space == space, embedding.vector.count == dimension else {
            throw FaceError(
                .incomparableEmbeddings,
                "an embedding of \(embedding.space) with \(embedding.vector.count) dimensions does not fit a gallery "
                    + "of \(space) with \(dimension)"
            )
        }
    }

    public func template(id: Template.ID) async throws -> Template? {
        try await read { db, record in try self.template(id, record, db) }
    }

    public func templates(matching filter: TemplateFilter, _ page: Page) async throws -> TemplatePage {
        try await read { db, record in
            guard let space = record.space, page.limit > 0 else { return TemplatePage(templates: [], next: nil) }
            var selection = try self.selection(filter, db)
            selection.sql += " AND templates.id > ? ORDER BY templates.id"
            selection.arguments += [page.firstID]
            // Metadata is compared here and not in the database, so offset and limit count here as well then.
            let isExact = filter.metadata.isEmpty
            if isExact {
                selection.sql += " LIMIT ? OFFSET ?"
                selection.arguments += [page.sqlLimit, page.sqlOffset]
            }
            var found: [Template] = []
            var left = isExact ? 0 : page.sqlOffset
            var last: Int64 = 0
            let rows = try Row.fetchCursor(
                db,
                sql: "SELECT \(TemplateRecord.columns) \(selection.sql)",
                arguments: selection.arguments
            )
            while let row = try rows.next() {
                if !isExact {
                    let metadata = try JSONValue.object(from: row["metadata"])
                    guard filter.admits(metadata) else { continue }
                }
                if left > 0 {
                    left -= 1
                    continue
                }
                guard found.count < page.limit else {
                    return TemplatePage(templates: found, next: GalleryPosition(number: UInt64(last)))
                }
                found.append(try TemplateRecord.template(row, space: space))
                last = row["id"]
            }
            return TemplatePage(templates: found, next: nil)
        }
    }

    public func count(matching filter: TemplateFilter) async throws -> Int {
        try await read { db, record in
            if filter == .all { return record.statistics.templateCount }
            let selection = try self.selection(filter, db)
            if filter.metadata.isEmpty {
                return try Int.fetchOne(db, sql: "SELECT COUNT(*) \(selection.sql)", arguments: selection.arguments)
                    ?? 0
            }
            return try self.numbers(matching: filter, db).count
        }
    }

    public func picture(of id: Template.ID) async throws -> [UInt8]? {
        try await read { db, _ in
            try Data.fetchOne(
                db,
                sql: """
                    SELECT bytes FROM pictures JOIN templates ON templates.id = pictures.template
                    WHERE templates.gallery = ? AND templates.uuid = ?
                    """,
                arguments: [self.id, TemplateRecord.data(id)]
            ).map(Array.init)
        }
    }

    @discardableResult
    public func updateTemplate(id: Template.ID, _ changes: TemplateChanges) async throws -> Template? {
        if let name = changes.subject { try SubjectName.check(name) }
        if let metadata = changes.metadata { try GalleryState.check(metadata: metadata) }
        try GalleryState.check(quality: changes.quality)
        let now = GalleryTime.now
        return try await write { db, record in
            let number = try Int64.fetchOne(
                db,
                sql: "SELECT id FROM templates WHERE gallery = ? AND uuid = ?",
                arguments: [self.id, TemplateRecord.data(id)]
            )
            guard let number else { return nil }
            if changes != TemplateChanges() {
                if let name = changes.subject {
                    let subject = try self.findOrCreateSubject(name, at: now, db)
                    try db.execute(sql: "UPDATE templates SET subject = ? WHERE id = ?", arguments: [subject, number])
                }
                if let metadata = changes.metadata {
                    let text = try JSONValue.text(of: metadata)
                    try db.execute(sql: "UPDATE templates SET metadata = ? WHERE id = ?", arguments: [text, number])
                }
                if let quality = changes.quality {
                    try db.execute(sql: "UPDATE templates SET quality = ? WHERE id = ?", arguments: [quality, number])
                }
                try self.noteErasure(1, db)
                try self.raiseRevision(db)
            }
            return try self.template(id, record, db)
        }
    }

    @discardableResult
    public func removeTemplates(ids: [Template.ID]) async throws -> [Template] {
        try await write { db, record in
            var removed: [Template] = []
            for id in ids {
                guard let template = try self.template(id, record, db) else { continue }
                try db.execute(
                    sql: "DELETE FROM templates WHERE gallery = ? AND uuid = ?",
                    arguments: [self.id, TemplateRecord.data(id)]
                )
                removed.append(template)
            }
            if !removed.isEmpty { try self.settle(db) }
            return removed
        }
    }

    // MARK: Search

    public func candidates(for probes: [Embedding], _ options: SearchOptions) async throws -> [[Candidate]] {
        try await Blocking.run {
            // Another search may have taken over changes that are newer than what this one's transaction sees. Templates
            // among its hits are then gone or not there yet, and it looks again.
            while true {
                let candidates = try self.database.readBlocking { db in
                    try self.candidates(for: probes, options, try self.record(db), db)
                }
                if let candidates { return candidates }
            }
        }
    }

    private func candidates(
        for probes: [Embedding],
        _ options: SearchOptions,
        _ record: GalleryRecord,
        _ db: Database
    ) throws -> [[Candidate]]? {
        guard let space = record.space else { return probes.map { _ in [] } }
        for probe in probes { try Self.check(probe, space: space, dimension: record.dimension) }
        let count = record.statistics.templateCount
        let limit = min(max(options.limit, 0), count)
        guard limit > 0 else { return probes.map { _ in [] } }
        var filter: (@Sendable (SearchIndex.Key, SearchIndex.Subject) -> Bool)?
        if options.filter != .all {
            let admitted = Set(try numbers(matching: options.filter, db))
            filter = { number, _ in admitted.contains(number) }
        }
        let request = SearchRequest(limit: limit, options, filter: filter)
        let search = try cache.withContents(db, record) { contents -> [[SearchHit]]? in
            guard contents.isCurrent(record) else { return nil }
            let reader = try SQLiteSearchCache.reader(db, record)
            return try contents.index?.search(probes.map(\.vector), request, vectors: reader) ?? probes.map { _ in [] }
        }
        guard let search else { return nil }
        return try search.map { hits in
            try hits.compactMap { hit in
                let row = try Row.fetchOne(
                    db,
                    sql: """
                        SELECT \(TemplateRecord.columns) FROM templates
                        JOIN subjects ON subjects.id = templates.subject WHERE templates.id = ?
                        """,
                    arguments: [Int64(hit.key)]
                )
                return try row.map {
                    Candidate(
                        template: try TemplateRecord.template($0, space: space),
                        similarity: Similarity(rawValue: hit.similarity)
                    )
                }
            }
        }
    }

    // MARK: Re-embedding

    public func stageEmbeddings(_ embeddings: [Template.ID: Embedding]) async throws {
        guard let first = embeddings.values.first else { return }
        try await write { db, record in
            guard first.space != record.space else {
                throw FaceError(.incomparableEmbeddings, "the gallery is in the space \(first.space) already")
            }
            let space = record.stagedSpace ?? first.space
            let dimension = record.stagedSpace == nil ? first.vector.count : record.stagedDimension
            for embedding in embeddings.values where embedding.space != space || embedding.vector.count != dimension {
                throw FaceError(
                    .incomparableEmbeddings,
                    "an embedding of \(embedding.space) with \(embedding.vector.count) dimensions does not fit a "
                        + "re-embedding into \(space) with \(dimension)"
                )
            }
            var count = 0
            for (id, embedding) in embeddings {
                let number = try Int64.fetchOne(
                    db,
                    sql: "SELECT id FROM templates WHERE gallery = ? AND uuid = ?",
                    arguments: [self.id, TemplateRecord.data(id)]
                )
                guard let number else { continue }
                try db.execute(
                    sql: """
                        INSERT INTO staged (template, gallery, embedding) VALUES (?, ?, ?)
                        ON CONFLICT (template) DO UPDATE SET embedding = excluded.embedding
                        """,
                    arguments: [number, self.id, TemplateRecord.data(embedding.vector)]
                )
                count += 1
            }
            if count > 0, record.stagedSpace == nil {
                try db.execute(
                    sql: "UPDATE galleries SET stagedSpace = ?, stagedDimension = ? WHERE id = ?",
                    arguments: [space, dimension, self.id]
                )
            }
        }
    }

    public func templatesToStage(_ page: Page) async throws -> TemplatePage {
        try await read { db, record in
            guard let space = record.space, page.limit > 0 else { return TemplatePage(templates: [], next: nil) }
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT \(TemplateRecord.columns) FROM templates JOIN subjects ON subjects.id = templates.subject
                    WHERE templates.gallery = ? AND templates.id > ?
                        AND NOT EXISTS (SELECT 1 FROM staged WHERE staged.template = templates.id)
                    ORDER BY templates.id LIMIT ? OFFSET ?
                    """,
                arguments: [self.id, page.firstID, page.sqlLimit, page.sqlOffset]
            )
            let kept = rows.prefix(page.limit)
            return TemplatePage(
                templates: try kept.map { try TemplateRecord.template($0, space: space) },
                next: rows.count > kept.count
                    ? kept.last.map { GalleryPosition(number: UInt64($0["id"] as Int64)) } : nil
            )
        }
    }

    public func switchToStagedSpace(removingOthers: Bool) async throws {
        try await write { db, record in
            guard let space = record.stagedSpace else {
                throw FaceError(.reembeddingIncomplete, "no other space is in preparation in this gallery")
            }
            let missing = record.statistics.templateCount - (record.statistics.staged?.templateCount ?? 0)
            guard removingOthers || missing == 0 else {
                throw FaceError(
                    .reembeddingIncomplete,
                    "\(missing) of \(record.statistics.templateCount) templates have no embedding in \(space)"
                )
            }
            try db.execute(
                sql: """
                    DELETE FROM templates WHERE gallery = ?
                        AND NOT EXISTS (SELECT 1 FROM staged WHERE staged.template = templates.id)
                    """,
                arguments: [self.id]
            )
            try db.execute(
                sql: """
                    UPDATE templates SET embedding = (SELECT embedding FROM staged WHERE staged.template = templates.id)
                    WHERE gallery = ?
                    """,
                arguments: [self.id]
            )
            try self.noteErasure(db.changesCount, db)
            try db.execute(
                sql: "UPDATE galleries SET space = stagedSpace, dimension = stagedDimension WHERE id = ?",
                arguments: [self.id]
            )
            try self.forgetStaged(db)
            try self.raiseEpoch(db)
            try self.settle(db)
        }
    }

    public func discardStagedEmbeddings() async throws {
        try await write { db, record in
            try self.noteErasure(record.statistics.staged?.templateCount ?? 0, db)
            try self.forgetStaged(db)
        }
    }

    private func forgetStaged(_ db: Database) throws {
        try db.execute(sql: "DELETE FROM staged WHERE gallery = ?", arguments: [id])
        try db.execute(
            sql: "UPDATE galleries SET stagedSpace = NULL, stagedDimension = 0 WHERE id = ?",
            arguments: [id]
        )
    }

    // MARK: Files

    /// Rewrites the database without what was removed from any of its galleries, and empties the write-ahead log.
    ///
    /// - Throws: ``FaceError/Code/galleryInUse`` when another process reads at this moment, so that the write-ahead log
    ///   cannot be emptied; trying again helps.
    public func compact() async throws {
        try await database.compact()
    }

    /// Copies the whole database, with other galleries that are in it.
    public func backup(toPath path: String) async throws { try await database.backup(toPath: path) }

    /// Closes the whole database.
    public func close() async throws { try await database.close() }

    // MARK: Rows

    private func key(_ name: String) -> String { SubjectName.key(name, configuration.nameMatching) }

    private func record(_ db: Database) throws -> GalleryRecord {
        guard let record = try GalleryDatabase.record(id: id, db) else {
            throw FaceError(.galleryNotFound, "the gallery was deleted from \(database.path)")
        }
        return record
    }

    private func read<Result: Sendable>(
        _ body: @escaping @Sendable (Database, GalleryRecord) throws -> Result
    ) async throws -> Result {
        try await database.read { try body($0, self.record($0)) }
    }

    private func write<Result: Sendable>(
        _ body: @escaping @Sendable (Database, GalleryRecord) throws -> Result
    ) async throws -> Result {
        try await database.write { try body($0, self.record($0)) }
    }

    private func subjectRow(_ name: String, _ db: Database) throws -> Row? {
        // SQLite would take a name with NUL for what stands before it.
        guard (try? SubjectName.check(name)) != nil else { return nil }
        return try Row.fetchOne(
            db.cachedStatement(sql: "SELECT * FROM subjects WHERE gallery = ? AND key = ?"),
            arguments: [id, key(name)]
        )
    }

    private func subjectID(_ name: String, _ db: Database) throws -> Int64? {
        try subjectRow(name, db).map { $0["id"] }
    }

    private func findOrCreateSubject(_ name: String, at time: GalleryTime, _ db: Database) throws -> Int64 {
        if let id = try subjectID(name, db) { return id }
        try db.cachedStatement(sql: "INSERT INTO subjects (gallery, name, key, created) VALUES (?, ?, ?, ?)")
            .execute(arguments: [id, name, key(name), time.milliseconds])
        return db.lastInsertedRowID
    }

    private static func subject(_ row: Row) -> Subject {
        Subject(
            name: row["name"],
            templateCount: row["templateCount"],
            created: GalleryTime(milliseconds: row["created"]).date
        )
    }

    private func template(_ id: UUID, _ record: GalleryRecord, _ db: Database) throws -> Template? {
        guard let space = record.space else { return nil }
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT \(TemplateRecord.columns) FROM templates JOIN subjects ON subjects.id = templates.subject
                WHERE templates.gallery = ? AND templates.uuid = ?
                """,
            arguments: [self.id, TemplateRecord.data(id)]
        )
        return try row.map { try TemplateRecord.template($0, space: space) }
    }

    /// The part of a query from FROM on, for the subjects of a filter.
    private func selection(
        _ filter: TemplateFilter,
        _ db: Database
    ) throws -> (sql: String, arguments: StatementArguments) {
        let from = "FROM templates JOIN subjects ON subjects.id = templates.subject WHERE templates.gallery = ?"
        guard let names = filter.subjects else { return (from, [id]) }
        let subjects = try names.compactMap { try subjectID($0, db) }
        let list = subjects.map(String.init).joined(separator: ",")
        return (from + " AND templates.subject IN (\(list))", [id])
    }

    /// The numbers of the templates that pass a filter.
    private func numbers(matching filter: TemplateFilter, _ db: Database) throws -> [UInt64] {
        let selection = try selection(filter, db)
        let rows = try Row.fetchCursor(
            db,
            sql: "SELECT templates.id, templates.metadata \(selection.sql)",
            arguments: selection.arguments
        )
        var numbers: [UInt64] = []
        while let row = try rows.next() {
            let metadata = filter.metadata.isEmpty ? [:] : try JSONValue.object(from: row["metadata"])
            if filter.admits(metadata) {
                numbers.append(UInt64(row["id"] as Int64))
            }
        }
        return numbers
    }

    // MARK: Bookkeeping

    private func noteErasure(_ count: Int, _ db: Database) throws {
        try db.execute(
            sql: "UPDATE galleries SET awaitingErasure = awaitingErasure + ? WHERE id = ?",
            arguments: [count, id]
        )
    }

    private func raiseRevision(_ db: Database) throws {
        try db.cachedStatement(sql: "UPDATE galleries SET revision = revision + 1 WHERE id = ?")
            .execute(arguments: [id])
    }

    private func raiseEpoch(_ db: Database) throws {
        try db.execute(sql: "UPDATE galleries SET epoch = epoch + 1 WHERE id = ?", arguments: [id])
    }

    /// Ends a change that removed templates: an emptied gallery has no space any more.
    private func settle(_ db: Database) throws {
        try raiseRevision(db)
        guard try record(db).statistics.templateCount == 0 else { return }
        try forgetStaged(db)
        try db.execute(sql: "UPDATE galleries SET space = NULL, dimension = 0 WHERE id = ?", arguments: [id])
    }
}

extension Page {
    /// The row behind which the page starts.
    fileprivate var firstID: Int64 { Int64(clamping: firstNumber) }

    /// One more than the page holds, which tells whether another one follows.
    fileprivate var sqlLimit: Int { limit == .max ? -1 : limit + 1 }

    fileprivate var sqlOffset: Int {
        if case .offset(let offset) = start { offset } else { 0 }
    }
}
