// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// A gallery that outlives the process.
public protocol DurableGallery: Gallery {
    /// Copies the gallery as it is at this moment to a new place, while searches and changes go on.
    ///
    /// - Throws: ``FaceError/Code/fileUnwritable`` when there is something at the path already, or too little room.
    func backup(toPath path: String) async throws

    /// Ends the use of the gallery: returns once everything is in order on disk.
    ///
    /// Later operations throw ``FaceError/Code/galleryNotFound``. A gallery that is just let go of loses nothing either.
    func close() async throws
}
