// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation

/// A line of an exported gallery.
///
/// The first line is a ``head``; lines of subjects follow in the order of their creation, then lines of faces in the order
/// of their enrolment. Vectors are little-endian 32-bit floats in base64, times milliseconds since 1970, so that what is
/// imported equals what was exported.
enum ExportLine: Equatable {
    case head(Head)
    case subject(SubjectLine)
    case face(FaceLine)

    struct Head: Codable, Equatable {
        /// The version of the format, 1.
        var version: Int
        var nameMatching: GalleryConfiguration.NameMatching
        var space: String?
        var subjects: Int
        var faces: Int

        enum CodingKeys: String, CodingKey {
            case version = "facekit_gallery_export"
            case nameMatching = "name_matching"
            case space, subjects, faces
        }
    }

    struct SubjectLine: Codable, Equatable {
        var subject: String
        var created: Int64
    }

    struct FaceLine: Codable, Equatable {
        var id: UUID
        var face: String
        var space: String
        var embedding: Data
        /// Left, top, width and height in pixels, as base64 like the embedding, since JSON has no infinite numbers.
        var box: Data?
        var quality: Float?
        var metadata: [String: JSONValue]?
        var enrolled: Int64
        /// The picture in base64.
        var picture: Data?
        /// The picture in a file, by its path from the folder of the export.
        var pictureFile: String?

        enum CodingKeys: String, CodingKey {
            case id, face, space, embedding, box, quality, metadata, enrolled, picture
            case pictureFile = "picture_file"
        }

        init(_ template: Template) {
            id = template.id
            face = template.subject
            space = template.embedding.space
            embedding = TemplateRecord.data(template.embedding.vector)
            box = template.boundingBox.map { TemplateRecord.data($0) }
            quality = template.quality
            metadata = template.metadata.isEmpty ? nil : template.metadata
            enrolled = GalleryTime(template.enrolled).milliseconds
        }

        /// The template of the line.
        ///
        /// - Throws: ``FaceError/Code/invalidEmbedding`` for a vector that is no embedding.
        func template() throws -> Template {
            let vector = TemplateRecord.vector(embedding)
            let squares = vector.reduce(0.0) { $0 + Double($1) * Double($1) }
            guard embedding.count == vector.count * 4, !vector.isEmpty, abs(squares - 1) < 1e-3 else {
                throw FaceError(
                    .invalidEmbedding,
                    "the embedding has \(embedding.count) bytes and the squared length \(squares), not 1"
                )
            }
            let sides = box.map(TemplateRecord.vector)
            if let sides, sides.count != 4 {
                throw FaceError(.invalidEmbedding, "the box has \(sides.count) numbers, not 4")
            }
            return Template(
                id: id,
                subject: face,
                embedding: Embedding(space: space, stored: vector),
                boundingBox: sides.map { BoundingBox(x: $0[0], y: $0[1], width: $0[2], height: $0[3]) },
                quality: quality,
                metadata: metadata ?? [:],
                enrolled: GalleryTime(milliseconds: enrolled),
                pictureSize: nil
            )
        }
    }

    /// The keys that tell what a line is.
    private struct Keys: Decodable {
        var version: Int?
        var subject: String?
        enum CodingKeys: String, CodingKey {
            case version = "facekit_gallery_export"
            case subject
        }
    }

    /// Reads a line.
    init(_ line: some Collection<UInt8>) throws {
        let data = Data(line)
        let decoder = JSONDecoder()
        let keys = try decoder.decode(Keys.self, from: data)
        if let version = keys.version {
            guard version == 1 else {
                throw FaceError(.unsupportedGallery, "the export is of version \(version); this version reads 1")
            }
            self = .head(try decoder.decode(Head.self, from: data))
        } else if keys.subject != nil {
            self = .subject(try decoder.decode(SubjectLine.self, from: data))
        } else {
            self = .face(try decoder.decode(FaceLine.self, from: data))
        }
    }

    /// The line without its end.
    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return switch self {
        case .head(let head): Array(try encoder.encode(head))
        case .subject(let subject): Array(try encoder.encode(subject))
        case .face(let face): Array(try encoder.encode(face))
        }
    }
}
