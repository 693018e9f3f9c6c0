// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import Foundation

/// An enrolled reference: one face of a subject.
///
/// A subject may have several. A gallery may keep the picture that a template was made from; its bytes are asked for
/// with ``Gallery/picture(of:)`` and are never part of the value.
public struct Template: Hashable, Sendable, Identifiable {
    /// Tells this reference from every other in its gallery.
    public let id: UUID
    /// The person's name or key, chosen by the caller; see ``SubjectName``.
    public var subject: String
    /// The face as a vector.
    public var embedding: Embedding
    /// Where the face is in its picture, in pixels of the upright picture.
    public var boundingBox: BoundingBox?
    /// How well the face is fit for recognition, in 0...1, on the scale of whoever measured it.
    public var quality: Float?
    /// Whatever else the caller wants to keep.
    public var metadata: [String: JSONValue]
    /// When the face was enrolled, in whole milliseconds.
    public let enrolled: Date
    /// Bytes of the picture that is kept, `nil` when none is; set by ``Enrollment``.
    public internal(set) var pictureSize: Int?

    /// Creates a reference, with a new random id unless one is given; the time is rounded to milliseconds.
    public init(
        id: UUID = UUID(),
        subject: String,
        embedding: Embedding,
        boundingBox: BoundingBox? = nil,
        quality: Float? = nil,
        metadata: [String: JSONValue] = [:],
        enrolled: Date = Date()
    ) {
        self.init(
            id: id,
            subject: subject,
            embedding: embedding,
            boundingBox: boundingBox,
            quality: quality,
            metadata: metadata,
            enrolled: GalleryTime(enrolled),
            pictureSize: nil
        )
    }

    /// Rebuilds a template from what a gallery kept.
    package init(
        id: UUID,
        subject: String,
        embedding: Embedding,
        boundingBox: BoundingBox?,
        quality: Float?,
        metadata: [String: JSONValue],
        enrolled: GalleryTime,
        pictureSize: Int?
    ) {
        self.id = id
        self.subject = subject
        self.embedding = embedding
        self.boundingBox = boundingBox
        self.quality = quality
        self.metadata = metadata
        self.enrolled = enrolled.date
        self.pictureSize = pictureSize
    }
}
