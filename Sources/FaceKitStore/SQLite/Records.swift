// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation
import GRDB

/// A row of `galleries`.
struct GalleryRecord: Sendable {
    var id: Int64
    var nameMatching: GalleryConfiguration.NameMatching
    var space: String?
    var dimension: Int
    var statistics: GalleryStatistics
    var stagedSpace: String?
    var stagedDimension: Int
    var revision: Int64
    var epoch: Int64

    init?(_ row: Row) {
        guard let matching = GalleryConfiguration.NameMatching(rawValue: row["nameMatching"]) else { return nil }
        id = row["id"]
        nameMatching = matching
        space = row["space"]
        dimension = row["dimension"]
        stagedSpace = row["stagedSpace"]
        stagedDimension = row["stagedDimension"]
        revision = row["revision"]
        epoch = row["epoch"]
        let stagedCount: Int = row["stagedCount"]
        statistics = GalleryStatistics(
            space: space,
            dimension: space == nil ? nil : dimension,
            subjectCount: row["subjectCount"],
            templateCount: row["templateCount"],
            pictureCount: row["pictureCount"],
            staged: stagedSpace.map { .init(space: $0, templateCount: stagedCount) },
            awaitingErasure: row["awaitingErasure"]
        )
    }
}

/// Columns of `templates` as they are read and written.
enum TemplateRecord {
    /// What a query for templates selects.
    static let columns = """
        templates.id, templates.uuid, templates.embedding, templates.box, templates.quality, templates.metadata, \
        templates.enrolled, templates.pictureSize, subjects.name
        """

    /// A template from a row of ``columns``.
    static func template(_ row: Row, space: String) throws -> Template {
        Template(
            id: try uuid(row["uuid"]),
            subject: row["name"],
            embedding: Embedding(space: space, stored: vector(row["embedding"])),
            boundingBox: (row["box"] as Data?).flatMap(box),
            quality: row["quality"],
            metadata: try JSONValue.object(from: row["metadata"]),
            enrolled: GalleryTime(milliseconds: row["enrolled"]),
            pictureSize: row["pictureSize"]
        )
    }

    static func data(_ id: UUID) -> Data { withUnsafeBytes(of: id.uuid) { Data($0) } }

    static func uuid(_ data: Data) throws -> UUID {
        guard data.count == 16 else { throw FaceError(.galleryDamaged, "an id has \(data.count) bytes, not 16") }
        return UUID(uuid: data.withUnsafeBytes { $0.loadUnaligned(as: uuid_t.self) })
    }

    static func data(_ vector: [Float]) -> Data {
        #if _endian(little)
            vector.withUnsafeBytes { Data($0) }
        #else
            vector.map(\.bitPattern.littleEndian).withUnsafeBytes { Data($0) }
        #endif
    }

    static func vector(_ data: Data) -> [Float] {
        let count = data.count / 4
        return [Float](unsafeUninitializedCapacity: count) { buffer, filled in
            data.withUnsafeBytes { source in
                for index in 0..<count {
                    let bits = source.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)
                    buffer[index] = Float(bitPattern: UInt32(littleEndian: bits))
                }
            }
            filled = count
        }
    }

    static func data(_ box: BoundingBox) -> Data { data([box.x, box.y, box.width, box.height]) }

    private static func box(_ data: Data) -> BoundingBox? {
        let values = vector(data)
        guard values.count == 4 else { return nil }
        return BoundingBox(x: values[0], y: values[1], width: values[2], height: values[3])
    }
}
