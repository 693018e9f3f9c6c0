// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation

// How changes and templates are written in frames. The order of fields is the format: append, never reorder, and raise
// ``GalleryManifest/formatVersion`` when what older versions write can no longer be read.

extension GalleryChange {
    private enum Tag: UInt8 {
        case addSubject = 1
        case enroll, renameSubject, removeSubject, removeTemplates, update, removeAll, stage, switchToStaged
        case discardStaged
    }

    /// The change in the layout of a log.
    func write(to writer: inout RecordWriter) throws {
        switch self {
        case .addSubject(let name, let time):
            writer.write(Tag.addSubject.rawValue)
            writer.write(name)
            writer.write(time.milliseconds)
        case .enroll(let newcomers, let time):
            writer.write(Tag.enroll.rawValue)
            writer.write(time.milliseconds)
            writer.write(newcomers.first?.template.embedding.space ?? "")
            writer.write(UInt32(newcomers.count))
            for newcomer in newcomers { try newcomer.write(to: &writer) }
        case .renameSubject(let name, let newName):
            writer.write(Tag.renameSubject.rawValue)
            writer.write(name)
            writer.write(newName)
        case .removeSubject(let name):
            writer.write(Tag.removeSubject.rawValue)
            writer.write(name)
        case .removeTemplates(let ids):
            writer.write(Tag.removeTemplates.rawValue)
            writer.write(UInt32(ids.count))
            for id in ids { writer.write(id) }
        case .update(let id, let changes, let time):
            writer.write(Tag.update.rawValue)
            writer.write(id)
            writer.write(time.milliseconds)
            writer.write(optional: changes.subject) { $0.write($1) }
            writer.write(optional: try changes.metadata.map(JSONValue.text)) { $0.writeCounted($1) }
            writer.write(optional: changes.quality) { $0.write($1) }
        case .removeAll:
            writer.write(Tag.removeAll.rawValue)
        case .stage(let embeddings):
            writer.write(Tag.stage.rawValue)
            writer.write(embeddings.first?.embedding.space ?? "")
            writer.write(UInt32(embeddings.count))
            for staged in embeddings {
                writer.write(staged.id)
                writer.write(staged.embedding.vector)
            }
        case .switchToStaged(let removingOthers):
            writer.write(Tag.switchToStaged.rawValue)
            writer.write(removingOthers)
        case .discardStaged:
            writer.write(Tag.discardStaged.rawValue)
        }
    }

    /// Reads what ``write(to:)`` wrote.
    init(from reader: inout RecordReader) throws {
        let byte = try reader.readUInt8()
        guard let tag = Tag(rawValue: byte) else {
            throw RecordReader.Malformed(description: "a change of the unknown kind \(byte)")
        }
        switch tag {
        case .addSubject:
            self = .addSubject(try reader.readText(), at: .init(milliseconds: try reader.readInt64()))
        case .enroll:
            let time = GalleryTime(milliseconds: try reader.readInt64())
            let space = try reader.readText()
            let count = try reader.readUInt32()
            var newcomers: [Newcomer] = []
            for _ in 0..<count { newcomers.append(try Newcomer(from: &reader, space: space)) }
            self = .enroll(newcomers, at: time)
        case .renameSubject: self = .renameSubject(try reader.readText(), to: try reader.readText())
        case .removeSubject: self = .removeSubject(try reader.readText())
        case .removeTemplates:
            let count = try reader.readUInt32()
            var ids: [UUID] = []
            for _ in 0..<count { ids.append(try reader.readUUID()) }
            self = .removeTemplates(ids)
        case .update:
            let id = try reader.readUUID()
            let time = GalleryTime(milliseconds: try reader.readInt64())
            let subject = try reader.readOptional { try $0.readText() }
            let metadata = try reader.readOptional { try JSONValue.object(from: Data($0.readCounted())) }
            let quality = try reader.readOptional { try $0.readFloat() }
            self = .update(id, TemplateChanges(subject: subject, metadata: metadata, quality: quality), at: time)
        case .removeAll: self = .removeAll
        case .stage:
            let space = try reader.readText()
            let count = try reader.readUInt32()
            var embeddings: [Staged] = []
            for _ in 0..<count {
                let id = try reader.readUUID()
                embeddings.append(Staged(id: id, embedding: Embedding(space: space, stored: try reader.readVector())))
            }
            self = .stage(embeddings)
        case .switchToStaged: self = .switchToStaged(removingOthers: try reader.readBool())
        case .discardStaged: self = .discardStaged
        }
    }
}

extension GalleryChange.Newcomer {
    func write(to writer: inout RecordWriter) throws {
        writer.write(template.id)
        writer.write(template.subject)
        writer.write(template.embedding.vector)
        try TemplateDetails(template, picture: picture).write(to: &writer)
    }

    init(from reader: inout RecordReader, space: String) throws {
        let id = try reader.readUUID()
        let subject = try reader.readText()
        let vector = try reader.readVector()
        let details = try TemplateDetails(from: &reader)
        picture = details.picture
        template = Template(
            id: id,
            subject: subject,
            embedding: Embedding(space: space, stored: vector),
            boundingBox: details.boundingBox,
            quality: details.quality,
            metadata: details.metadata,
            enrolled: details.enrolled,
            pictureSize: details.picture?.size
        )
    }
}

/// What a template has besides id, subject and embedding.
struct TemplateDetails {
    var boundingBox: BoundingBox?
    var quality: Float?
    var metadata: [String: JSONValue]
    var enrolled: GalleryTime
    var picture: StoredPicture?

    init(_ template: Template, picture: StoredPicture?) {
        boundingBox = template.boundingBox
        quality = template.quality
        metadata = template.metadata
        enrolled = GalleryTime(template.enrolled)
        self.picture = picture
    }

    init(_ entry: GalleryState.TemplateEntry, picture: StoredPicture?) {
        boundingBox = entry.boundingBox
        quality = entry.quality
        metadata = entry.metadata
        enrolled = entry.enrolled
        self.picture = picture
    }

    func write(to writer: inout RecordWriter) throws {
        writer.write(optional: boundingBox) { writer, box in
            for value in [box.x, box.y, box.width, box.height] { writer.write(value) }
        }
        writer.write(optional: quality) { $0.write($1) }
        writer.writeCounted(try JSONValue.text(of: metadata))
        writer.write(enrolled.milliseconds)
        var location: PictureLocation?
        if case .record(let record)? = picture { location = record }
        writer.write(optional: location) { writer, location in
            writer.write(location.file)
            writer.write(location.offset)
            writer.write(location.size)
        }
    }

    init(from reader: inout RecordReader) throws {
        boundingBox = try reader.readOptional { reader in
            BoundingBox(
                x: try reader.readFloat(),
                y: try reader.readFloat(),
                width: try reader.readFloat(),
                height: try reader.readFloat()
            )
        }
        quality = try reader.readOptional { try $0.readFloat() }
        metadata = try JSONValue.object(from: Data(reader.readCounted()))
        enrolled = GalleryTime(milliseconds: try reader.readInt64())
        picture = try reader.readOptional { reader in
            let file = try reader.readUInt32()
            return StoredPicture.record(
                PictureLocation(offset: try reader.readUInt64(), file: file, size: try reader.readUInt32())
            )
        }
    }
}
