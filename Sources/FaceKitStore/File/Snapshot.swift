// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation

/// Writes the whole state of a gallery into one file, and reads it.
enum Snapshot {
    private static let subjectsPerFrame = 2000
    private static let templatesPerFrame = 500

    /// Writes a snapshot; on disk when it returns.
    ///
    /// - Parameters:
    ///   - state: What is written.
    ///   - path: The file.
    ///   - generation: The number its frames carry.
    ///   - relocated: Where pictures lie that do not lie where the state says.
    /// - Throws: ``FaceError/Code/fileUnwritable``.
    static func write(
        _ state: GalleryState,
        to path: String,
        generation: UInt32,
        relocated: [UUID: PictureLocation] = [:]
    ) throws {
        let appender = FrameAppender(try StoredFile(path, .create), number: generation)
        var header = RecordWriter()
        header.write(state.configuration.nameMatching.rawValue)
        header.write(state.space ?? "")
        header.write(UInt32(state.dimension))
        header.write(state.nextTemplate)
        header.write(state.nextSubject)
        header.write(UInt64(state.subjects.count))
        header.write(UInt64(state.templates.count))
        try appender.append([Frame(kind: .snapshot, payload: header.bytes)])

        var chunk = Chunk(kind: .subjects, limit: subjectsPerFrame)
        try state.subjects.forEach { number, subject in
            try chunk.add(to: appender) { writer in
                writer.write(number)
                writer.write(subject.name)
                writer.write(subject.created.milliseconds)
            }
        }
        try chunk.flush(to: appender)

        chunk = Chunk(kind: .templates, limit: templatesPerFrame)
        try state.templates.forEach { number, entry in
            try chunk.add(to: appender) { writer in
                writer.write(number)
                writer.write(entry.id)
                writer.write(entry.subject)
                writer.write(state.index.vector(number: number))
                var details = TemplateDetails(entry)
                if let location = relocated[entry.id] { details.picture = .record(location) }
                try details.write(to: &writer)
            }
        }
        try chunk.flush(to: appender)

        if let staged = state.staged {
            chunk = Chunk(kind: .staged, limit: templatesPerFrame)
            for (id, vector) in staged.vectors {
                try chunk.add(to: appender) { writer in
                    writer.write(staged.space)
                    writer.write(id)
                    writer.write(vector)
                }
            }
            try chunk.flush(to: appender)
        }
        // Once more at the end, so that damage to either place leaves the other one to a repair.
        try appender.append([Frame(kind: .end, payload: header.bytes)])
        try appender.synchronize()
    }

    /// Entries that share a frame.
    private struct Chunk {
        let kind: Frame.Kind
        let limit: Int
        private var writer = RecordWriter()
        private var count = 0

        init(kind: Frame.Kind, limit: Int) {
            self.kind = kind
            self.limit = limit
        }

        mutating func add(to appender: FrameAppender, _ body: (inout RecordWriter) throws -> Void) throws {
            try body(&writer)
            count += 1
            // Metadata may be a megabyte for each template.
            if count == limit || writer.bytes.count > 64 << 20 { try flush(to: appender) }
        }

        mutating func flush(to appender: FrameAppender) throws {
            guard count > 0 else { return }
            try appender.append([Frame(kind: kind, payload: writer.bytes)])
            writer = RecordWriter()
            count = 0
        }
    }

    /// What a snapshot says of itself.
    struct Header {
        var nameMatching: GalleryConfiguration.NameMatching
        var space: String
        var dimension: Int
        var nextTemplate: UInt64
        var nextSubject: UInt64
        var subjectCount: UInt64
        var templateCount: UInt64
    }

    /// Reads the first frame.
    static func readHeader(_ payload: [UInt8]) throws -> Header {
        var reader = RecordReader(payload[...])
        let matching = try reader.readText()
        guard let nameMatching = GalleryConfiguration.NameMatching(rawValue: matching) else {
            throw RecordReader.Malformed(description: "the unknown way to compare names \(matching.prefix(40))")
        }
        return Header(
            nameMatching: nameMatching,
            space: try reader.readText(),
            dimension: Int(try reader.readUInt32()),
            nextTemplate: try reader.readUInt64(),
            nextSubject: try reader.readUInt64(),
            subjectCount: try reader.readUInt64(),
            templateCount: try reader.readUInt64()
        )
    }

    /// Puts the entries of a frame into a state.
    ///
    /// - Parameters:
    ///   - kind: What the frame holds.
    ///   - payload: The entries.
    ///   - state: Where they go.
    ///   - isRepair: Whether a template whose subject was lost gets one with a name made up.
    /// - Throws: ``RecordReader/Malformed``; entries before the one at fault are in the state then.
    static func apply(
        _ kind: Frame.Kind,
        _ payload: [UInt8],
        to state: GalleryState,
        isRepair: Bool = false
    ) throws {
        var reader = RecordReader(payload[...])
        while !reader.isAtEnd {
            switch kind {
            case .subjects:
                let number = try reader.readUInt64()
                let name = try reader.readText()
                let created = GalleryTime(milliseconds: try reader.readInt64())
                state.restoreSubject(number, name: name, created: created)
            case .templates:
                let number = try reader.readUInt64()
                let id = try reader.readUUID()
                var subject = try reader.readUInt64()
                let vector = try reader.readVector()
                let details = try TemplateDetails(from: &reader)
                if isRepair, state.subjects[subject] == nil {
                    subject = state.findOrCreateSubject("recovered subject \(subject)", at: details.enrolled)
                }
                try state.restoreTemplate(number, id: id, subject: subject, vector: vector, details)
            case .staged:
                let space = try reader.readText()
                let id = try reader.readUUID()
                let vector = try reader.readVector()
                state.apply(.stage([id: Embedding(space: space, stored: vector)]))
            default:
                throw RecordReader.Malformed(description: "a frame of the kind \(kind) in a snapshot")
            }
        }
    }
}

extension GalleryState {
    /// Takes over the header of a snapshot.
    func restore(_ header: Snapshot.Header) {
        space = header.space.isEmpty ? nil : header.space
        dimension = header.dimension
        nextTemplate = header.nextTemplate
        nextSubject = header.nextSubject
        index = ExactIndex(dimension: dimension)
    }

    /// Takes over a subject of a snapshot; numbers come in ascending order.
    func restoreSubject(_ number: UInt64, name: String, created: GalleryTime) {
        guard subjects[number] == nil, subjectOfKey[key(name)] == nil else { return }
        subjects.append(SubjectEntry(name: name, created: created), number: number)
        subjectOfKey[key(name)] = number
        nextSubject = max(nextSubject, number + 1)
    }

    /// Takes over a template of a snapshot; numbers come in ascending order.
    func restoreTemplate(
        _ number: UInt64,
        id: UUID,
        subject: UInt64,
        vector: [Float],
        _ details: TemplateDetails
    ) throws {
        guard vector.count == dimension else {
            throw RecordReader.Malformed(description: "a template of \(vector.count) dimensions, not \(dimension)")
        }
        guard numberOfID[id] == nil else { throw RecordReader.Malformed(description: "a template that occurs twice") }
        guard subjects[subject] != nil else {
            throw RecordReader.Malformed(description: "a template of the unknown subject \(subject)")
        }
        let entry = TemplateEntry(
            id: id,
            subject: subject,
            boundingBox: details.boundingBox,
            quality: details.quality,
            metadata: details.metadata,
            enrolled: details.enrolled,
            picture: details.picture
        )
        insert(entry, number: number, vector: vector)
        nextTemplate = max(nextTemplate, number + 1)
    }
}
