// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation

/// Writes the whole state of a gallery into one file, and reads it.
enum Snapshot {
    private static let subjectsPerFrame = 2000
    private static let templatesPerFrame = 500

    /// Where the vectors of a snapshot lie.
    struct Vectors {
        /// Of the templates in their order.
        var templates: [VectorPlace] = []
        /// Of those in preparation.
        var staged: [UUID: VectorPlace] = [:]
    }

    /// What was written.
    struct Written {
        var file: StoredFile
        var vectors: Vectors
        /// What stands for all its frames.
        var digest: UInt64
    }

    /// Writes a snapshot; on disk when it returns.
    ///
    /// - Parameters:
    ///   - state: What is written.
    ///   - path: The file.
    ///   - generation: The number its frames carry.
    ///   - relocated: Where pictures lie that do not lie where the state says.
    /// - Returns: Where vectors lie now.
    /// - Throws: ``FaceError/Code/fileUnwritable``, and what reading vectors throws.
    @discardableResult
    static func write(
        _ state: GalleryState,
        to path: String,
        generation: UInt32,
        relocated: [UUID: PictureLocation] = [:]
    ) throws -> Written {
        let file = try StoredFile(path, .create)
        let appender = FrameAppender(file, number: generation)
        var vectors = Vectors()
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
                writer.write(try state.vector(entry, number: number))
                let picture = relocated[entry.id].map(StoredPicture.record) ?? entry.picture
                try TemplateDetails(entry, picture: picture).write(to: &writer)
            }
        }
        try chunk.flush(to: appender)
        vectors.templates = chunk.places

        if let staged = state.staged {
            chunk = Chunk(kind: .staged, limit: templatesPerFrame)
            for (id, vector) in staged.vectors {
                try chunk.add(to: appender) { writer in
                    writer.write(staged.space)
                    writer.write(id)
                    writer.write(try state.vector(vector, dimension: staged.dimension))
                }
            }
            try chunk.flush(to: appender)
            vectors.staged = Dictionary(uniqueKeysWithValues: zip(staged.vectors.keys, chunk.places))
        }
        // Once more at the end, so that damage to either place leaves the other one to a repair.
        try appender.append([Frame(kind: .end, payload: header.bytes)])
        try appender.synchronize()
        return Written(file: file, vectors: vectors, digest: appender.mark.digest)
    }

    /// Entries that share a frame.
    private struct Chunk {
        let kind: Frame.Kind
        let limit: Int
        /// Where the vectors of the entries lie, once they are flushed.
        private(set) var places: [VectorPlace] = []
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
            let start = try appender.append([Frame(kind: kind, payload: writer.bytes)])[0] + UInt64(Frame.headerSize)
            places += writer.vectorOffsets.map { VectorPlace(.snapshot, offset: start + UInt64($0)) }
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
        let space = try reader.readText()
        let dimension = Int(try reader.readUInt32())
        guard space.isEmpty || (1...65_536).contains(dimension) else {
            throw RecordReader.Malformed(description: "embeddings of \(dimension) dimensions")
        }
        return Header(
            nameMatching: nameMatching,
            space: space,
            dimension: dimension,
            nextTemplate: try reader.readUInt64(),
            nextSubject: try reader.readUInt64(),
            subjectCount: try reader.readUInt64(),
            templateCount: try reader.readUInt64()
        )
    }

    /// Puts the entries of a frame into a state.
    ///
    /// - Parameters:
    ///   - frame: The entries.
    ///   - state: Where they go; its index is left as it is.
    ///   - isRepair: Whether a template whose subject was lost gets one with a name made up.
    /// - Throws: ``RecordReader/Malformed``; entries before the one at fault are in the state then.
    static func apply(_ frame: FoundFrame, to state: GalleryState, isRepair: Bool = false) throws {
        var reader = RecordReader(frame.payload[...])
        /// Where the vector lies that was read last.
        func place() -> VectorPlace {
            reader.vectorOffsets.last.map { frame.place($0, in: .snapshot) } ?? .index
        }
        while !reader.isAtEnd {
            switch frame.kind {
            case .subjects:
                let number = try reader.readUInt64()
                let name = try reader.readText()
                let created = GalleryTime(milliseconds: try reader.readInt64())
                state.restoreSubject(number, name: name, created: created)
            case .templates:
                let number = try reader.readUInt64()
                let id = try reader.readUUID()
                var subject = try reader.readUInt64()
                try state.check(components: reader.skipVector())
                let vector = place()
                let details = try TemplateDetails(from: &reader)
                if isRepair, state.subjects[subject] == nil {
                    subject = state.findOrCreateSubject("recovered subject \(subject)", at: details.enrolled)
                }
                try state.restoreTemplate(number, id: id, subject: subject, vector: vector, details)
            case .staged:
                let space = try reader.readText()
                let id = try reader.readUUID()
                let embedding = Embedding(space: space, stored: try reader.readVector())
                let change = GalleryChange.stage([.init(id: id, embedding: embedding)])
                guard (try? state.check(change)) != nil else {
                    throw RecordReader.Malformed(description: "an embedding in preparation of another space")
                }
                state.apply(change, .init(places: [place()]))
            default:
                throw RecordReader.Malformed(description: "a frame of the kind \(frame.kind) in a snapshot")
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
        // No more than a wrong number may cost.
        let (templateRoom, subjectRoom) = (min(header.templateCount, 1 << 24), min(header.subjectCount, 1 << 24))
        templates.reserveCapacity(Int(templateRoom))
        numberOfID.reserveCapacity(Int(templateRoom))
        subjects.reserveCapacity(Int(subjectRoom))
        subjectOfKey.reserveCapacity(Int(subjectRoom))
    }

    /// Refuses a vector of another dimension than the gallery's.
    fileprivate func check(components count: Int) throws {
        guard count == dimension else {
            throw RecordReader.Malformed(description: "a template of \(count) dimensions, not \(dimension)")
        }
    }

    /// Takes over a subject of a snapshot; numbers come in ascending order.
    func restoreSubject(_ number: UInt64, name: String, created: GalleryTime) {
        let key = key(name)
        guard subjects[number] == nil, subjectOfKey[key] == nil else { return }
        subjects.append(SubjectEntry(name: name, created: created), number: number)
        subjectOfKey[key] = number
        nextSubject = max(nextSubject, number + 1)
    }

    /// Takes over a template of a snapshot; numbers come in ascending order.
    func restoreTemplate(
        _ number: UInt64,
        id: UUID,
        subject: UInt64,
        vector: VectorPlace,
        _ details: TemplateDetails
    ) throws {
        guard templates.last.map({ $0 < number }) ?? true else {
            throw RecordReader.Malformed(description: "a template out of order")
        }
        guard subjects[subject] != nil else {
            throw RecordReader.Malformed(description: "a template of the unknown subject \(subject)")
        }
        let entry = TemplateEntry(
            id: id,
            subject: subject,
            enrolled: details.enrolled,
            metadata: details.metadata,
            vector: vector,
            picture: details.picture,
            quality: details.quality,
            boundingBox: details.boundingBox
        )
        guard insert(entry, number: number) else {
            throw RecordReader.Malformed(description: "a template that occurs twice")
        }
        nextTemplate = max(nextTemplate, number + 1)
    }
}
