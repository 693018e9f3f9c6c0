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

    case addSubject(String, at: GalleryTime)
    case enroll([Newcomer], at: GalleryTime)
    case renameSubject(String, to: String)
    case removeSubject(String)
    case removeTemplates([UUID])
    case update(UUID, TemplateChanges, at: GalleryTime)
    case removeAll
    case stage([UUID: Embedding])
    case switchToStaged(removingOthers: Bool)
    case discardStaged
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
    /// The number of the file.
    var file: UInt32
    /// Where the record starts in it, in bytes.
    var offset: UInt64
    /// Bytes of the picture.
    var size: UInt32
}
