// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import FaceKit
public import Foundation

/// Enrols pictures from files: each by the face it shows, under the subject that a folder or a list says.
///
/// The id of a template follows from its subject and its picture, so that an import that was interrupted goes on where it
/// was when it is run again, and the same picture is enrolled once.
public struct PictureImport: Sendable {
    /// A picture and whom it shows.
    public struct Source: Hashable, Sendable {
        /// The person.
        public var subject: String
        /// The picture's file.
        public var path: String
        /// How reports and metadata call the file.
        public var name: String

        /// Pairs a picture with whom it shows.
        public init(subject: String, path: String, name: String) {
            self.subject = subject
            self.path = path
            self.name = name
        }
    }

    /// Finds the face to be enrolled in a picture's file; throws the reason why there is none.
    ///
    /// Called on several threads at the same time.
    public typealias FindFace = @Sendable ([UInt8]) throws -> RecognizedFace

    /// The gallery that is filled.
    public let gallery: any Gallery
    /// Whether the gallery keeps the pictures.
    public var keepsPictures: Bool
    private let findFace: FindFace

    /// Prepares an import.
    public init(into gallery: any Gallery, keepsPictures: Bool = true, findFace: @escaping FindFace) {
        self.gallery = gallery
        self.keepsPictures = keepsPictures
        self.findFace = findFace
    }

    // MARK: Sources

    /// The files of a folder that has a folder for each subject, sorted; folders in these belong to the same subject.
    ///
    /// Files right in the folder belong to nobody and are reported as skipped. Names that start with a point are passed
    /// over.
    ///
    /// - Throws: ``FaceError/Code/fileUnreadable``.
    public static func sources(inFolder path: String) throws -> (sources: [Source], skipped: [GalleryImport.Skipped]) {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue,
            let walk = FileManager.default.enumerator(atPath: path)
        else { throw FaceError(.fileUnreadable, "the folder \(path) cannot be read") }
        var sources: [Source] = []
        var skipped: [GalleryImport.Skipped] = []
        for case let name as String in walk {
            let parts = name.split(separator: "/")
            guard !parts.contains(where: { $0.hasPrefix(".") }) else { continue }
            guard FileManager.default.fileExists(atPath: path + "/" + name, isDirectory: &isFolder), !isFolder.boolValue
            else { continue }
            if parts.count < 2 {
                skipped.append(.init(source: name, reason: "the file is in no subject's folder"))
            } else {
                sources.append(Source(subject: String(parts[0]), path: path + "/" + name, name: name))
            }
        }
        return (sources.sorted { $0.name < $1.name }, skipped.sorted { $0.source < $1.source })
    }

    /// The files of a list with the columns `subject` and `picture`, which its first line names; paths are from the list's
    /// folder.
    ///
    /// The list is comma-separated as in RFC 4180. Other columns are passed over.
    ///
    /// - Throws: ``FaceError/Code/fileUnreadable``, ``FaceError/Code/invalidEvaluationData`` with the line.
    public static func sources(inList path: String) throws -> [Source] {
        let file = try StoredFile(path, .read)
        let bytes = try file.read(at: 0, count: Int(file.size()))
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw FaceError(.invalidEvaluationData, "the list \(path) is not UTF-8")
        }
        let rows = try CommaSeparated.rows(text, name: path)
        guard let head = rows.first, let subject = head.fields.firstIndex(of: "subject"),
            let picture = head.fields.firstIndex(of: "picture")
        else {
            throw FaceError(.invalidEvaluationData, "the first line of \(path) does not name subject and picture")
        }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        return try rows.dropFirst().map { row in
            guard row.fields.count > max(subject, picture) else {
                throw FaceError(
                    .invalidEvaluationData,
                    "line \(row.line) of \(path) has \(row.fields.count) fields"
                )
            }
            let name = row.fields[picture]
            return Source(
                subject: row.fields[subject],
                path: name.hasPrefix("/") ? name : folder + "/" + name,
                name: name
            )
        }
    }

    // MARK: Running

    /// Enrols the pictures.
    ///
    /// - Parameters:
    ///   - sources: The pictures.
    ///   - workers: Pictures in work at the same time.
    ///   - progress: Called after each picture with the numbers of pictures done and of all, by one thread at a time.
    /// - Returns: How many were enrolled, known before, and skipped with the reasons.
    /// - Throws: What the gallery throws when it cannot be written; what was enrolled before stays.
    public func run(
        _ sources: [Source],
        workers: Int = ProcessInfo.processInfo.activeProcessorCount,
        progress: @escaping @Sendable (_ done: Int, _ count: Int) -> Void = { _, _ in }
    ) async throws -> GalleryImport.Report {
        var report = GalleryImport.Report()
        let batchSize = 16 * max(1, workers)
        for start in stride(from: 0, to: sources.count, by: batchSize) {
            try Task.checkCancellation()
            let batch = Array(sources[start..<min(start + batchSize, sources.count)])
            var items: [(source: Source, id: Template.ID, picture: [UInt8])] = []
            var seen: Set<Template.ID> = []
            for source in batch {
                do {
                    let picture = try Self.read(source.path)
                    let id = Self.id(source, picture)
                    let isKnown = try await gallery.template(id: id) != nil
                    if isKnown || !seen.insert(id).inserted {
                        report.known += 1
                    } else {
                        items.append((source, id, picture))
                    }
                } catch let error as FaceError where !GalleryImport.isFatal(error) {
                    report.skipped.append(.init(source: source.name, reason: error.message))
                }
            }
            let done = start + batch.count - items.count
            let work = items
            let faces = try await Blocking.run {
                try ConcurrentWork.map(
                    count: work.count,
                    workers: workers,
                    progress: { progress(done + $0, sources.count) }
                ) { index in Result { try findFace(work[index].picture) } }
            }
            var enrollments: [Enrollment] = []
            for (item, face) in zip(items, faces) {
                switch face {
                case .success(let face):
                    let template = Template(
                        id: item.id,
                        subject: item.source.subject,
                        embedding: face.embedding,
                        boundingBox: face.detection.boundingBox,
                        metadata: ["file": .string(item.source.name)]
                    )
                    enrollments.append(Enrollment(template, picture: keepsPictures ? item.picture : nil))
                case .failure(let error):
                    report.skipped.append(
                        .init(source: item.source.name, reason: (error as? FaceError)?.message ?? "\(error)")
                    )
                }
            }
            try await GalleryImport.enroll(enrollments, gallery, &report)
        }
        return report
    }

    private static func read(_ path: String) throws -> [UInt8] {
        let file = try StoredFile(path, .read)
        return try file.read(at: 0, count: Int(min(file.size(), UInt64(Frame.maximumPayload))))
    }

    /// An id that follows from subject and picture: 128 bits of two checksums, marked as made by a rule of its own
    /// (version 8 of RFC 9562).
    private static func id(_ source: Source, _ picture: [UInt8]) -> UUID {
        let key = Array(SubjectName.key(source.subject, .exact).utf8) + [0]
        let halves = ["a", "b"].map { Frame.checksum((Array($0.utf8) + key + picture)[...]) }
        var bytes = halves.flatMap { half in withUnsafeBytes(of: half.bigEndian, Array.init) }
        bytes[6] = bytes[6] & 0x0F | 0x80
        bytes[8] = bytes[8] & 0x3F | 0x80
        return UUID(uuid: bytes.withUnsafeBytes { $0.loadUnaligned(as: uuid_t.self) })
    }
}

/// Comma-separated values as RFC 4180 has them.
enum CommaSeparated {
    struct Row: Equatable {
        /// Where the row starts, from 1.
        var line: Int
        var fields: [String]
    }

    /// Splits a text; empty lines are passed over.
    static func rows(_ text: String, name: String) throws -> [Row] {
        var rows: [Row] = []
        var row = Row(line: 1, fields: [])
        var field = ""
        var line = 1
        var isQuoted = false
        var wasQuoted = false
        func endRow() {
            if !row.fields.isEmpty || !field.isEmpty || wasQuoted {
                row.fields.append(field)
                rows.append(row)
            }
            field = ""
            wasQuoted = false
            row = Row(line: line, fields: [])
        }
        var characters = text.makeIterator()
        var next = characters.next()
        while let character = next {
            next = characters.next()
            if isQuoted {
                if character == "\"" {
                    if next == "\"" {
                        field.append("\"")
                        next = characters.next()
                    } else {
                        isQuoted = false
                    }
                } else {
                    if character.isNewline { line += 1 }
                    field.append(character)
                }
                continue
            }
            switch character {
            case "\"" where field.isEmpty:
                isQuoted = true
                wasQuoted = true
            case ",":
                row.fields.append(field)
                field = ""
                wasQuoted = false
            case _ where character.isNewline:
                line += 1
                endRow()
            default: field.append(character)
            }
        }
        guard !isQuoted else {
            throw FaceError(.invalidEvaluationData, "a quotation in line \(row.line) of \(name) does not end")
        }
        endRow()
        return rows
    }
}
