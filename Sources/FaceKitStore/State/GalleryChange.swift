// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation

/// One change to a gallery, as it is checked, written to a log and applied.
///
/// Applied to equal states, a change leads to equal states: it holds every time and id that it needs.
enum GalleryChange: Sendable {
    /// A template on its way in.
    struct Newcomer: Sendable {
        var template: Template
        var picture: StoredPicture?
    }

    /// An embedding in preparation.
    struct Staged: Sendable {
        var id: UUID
        var embedding: Embedding
    }

    case addSubject(String, at: GalleryTime)
    case enroll([Newcomer], at: GalleryTime)
    case renameSubject(String, to: String)
    case removeSubject(String)
    case removeTemplates([UUID])
    case update(UUID, TemplateChanges, at: GalleryTime)
    case removeAll
    case stage([Staged])
    case switchToStaged(removingOthers: Bool)
    case discardStaged

    /// How many vectors the change names.
    var vectorCount: Int {
        switch self {
        case .enroll(let newcomers, _): newcomers.count
        case .stage(let embeddings): embeddings.count
        default: 0
        }
    }

    static func staging(_ embeddings: [UUID: Embedding]) -> Self {
        .stage(embeddings.map { Staged(id: $0.key, embedding: $0.value) })
    }
}

/// What belongs to a change besides what it says.
struct ChangeSupplement {
    /// Where its vectors lie, in the order in which it names them; empty where they are not in files.
    var places: ArraySlice<VectorPlace> = []
    /// Searches the embeddings in preparation, for a switch to them; `nil` while no index is kept.
    var index: SearchIndex?
}

/// Where the bytes of a picture are.
enum StoredPicture: Sendable {
    /// In memory.
    case bytes([UInt8])
    /// In a file of pictures.
    case record(PictureLocation)

    /// How many bytes there are.
    var size: Int {
        switch self {
        case .bytes(let bytes): bytes.count
        case .record(let location): Int(location.size)
        }
    }
}

/// The place of a picture in the files of a gallery.
struct PictureLocation: Hashable, Sendable {
    /// Where the record starts in its file, in bytes.
    var offset: UInt64
    /// The number of the file.
    var file: UInt32
    /// Bytes of the picture.
    var size: UInt32
}
