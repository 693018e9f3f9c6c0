// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitInference
import Foundation

/// The files that hold the pictures of a gallery.
///
/// Each picture is a frame: the id of its template (16 bytes) and the picture's file. A frame's checksum is compared
/// whenever the picture is read.
final class PictureFiles: Sendable {
    /// A file that has reached this size gets no more pictures, so that erasing one rewrites no more than this.
    static let fullSize: UInt64 = 256 << 20

    private let folder: GalleryFolder
    private let open = Locked<[UInt32: StoredFile]>([:])

    init(_ folder: GalleryFolder) {
        self.folder = folder
    }

    /// Bytes that a picture takes in its file.
    static func frameSize(_ location: PictureLocation) -> UInt64 {
        UInt64(Frame.headerSize + 16) + UInt64(location.size)
    }

    /// The frame of a picture.
    static func frame(_ picture: [UInt8], of id: UUID) -> Frame {
        var writer = RecordWriter(capacity: 16 + picture.count)
        writer.write(id)
        writer.write(bytes: picture)
        return Frame(kind: .picture, payload: writer.bytes)
    }

    /// The file that a picture lies in, which stays readable even when it is deleted meanwhile.
    func file(_ number: UInt32) throws -> StoredFile {
        try open.withLock { files in
            if let file = files[number] { return file }
            let file = try StoredFile(folder.pictures(number), .read)
            files[number] = file
            return file
        }
    }

    /// Closes a file once nobody reads it any more.
    func forget(_ number: UInt32) {
        open.withLock { $0[number] = nil }
    }

    /// Reads a picture from its file.
    ///
    /// - Throws: ``FaceError/Code/galleryDamaged`` with the offset.
    static func read(_ location: PictureLocation, of id: UUID, from file: StoredFile) throws -> [UInt8] {
        let bytes = try file.read(at: location.offset, count: Int(frameSize(location)))
        guard let header = Frame.Header(bytes[...]), header.kind == Frame.Kind.picture.rawValue,
            header.file == location.file, bytes.count == Frame.headerSize + header.payloadSize,
            header.payloadSize == Int(location.size) + 16,
            Frame.checksum(bytes.dropFirst(Frame.headerSize)) == header.checksum
        else {
            throw FaceError(
                .galleryDamaged,
                "the picture of template \(id) is damaged: \(file.path) at offset \(location.offset)"
            )
        }
        var reader = RecordReader(bytes.dropFirst(Frame.headerSize))
        guard try reader.readUUID() == id else {
            throw FaceError(
                .galleryDamaged,
                "another picture lies in the place of that of template \(id): \(file.path) at offset \(location.offset)"
            )
        }
        return Array(bytes.dropFirst(Frame.headerSize + 16))
    }
}

/// Appends pictures, in the last file or in new ones.
final class PictureAppender {
    private let folder: GalleryFolder
    private var current: FrameAppender?
    private var nextNumber: UInt32
    private let fullSize: UInt64

    /// Goes on behind the pictures that there are.
    ///
    /// - Parameters:
    ///   - folder: Where the files are.
    ///   - ends: For each file of pictures the end of the last one in it; what lies behind was never acknowledged.
    ///   - highest: The highest number of a file, or 0.
    ///   - fullSize: From which size on a file is full.
    /// - Throws: ``FaceError/Code/fileUnwritable``.
    init(
        _ folder: GalleryFolder,
        ends: [UInt32: UInt64],
        highest: UInt32,
        fullSize: UInt64 = PictureFiles.fullSize
    ) throws {
        self.folder = folder
        self.fullSize = fullSize
        nextNumber = highest + 1
        if let (number, end) = ends.max(by: { $0.key < $1.key }), end < fullSize {
            let file = try StoredFile(folder.pictures(number), .update)
            if try file.size() > end { try file.truncate(to: end) }
            current = FrameAppender(file, number: number, mark: FrameMark(offset: end), numbersFrames: false)
        }
    }

    /// The file that takes pictures at present, and how far it reaches.
    var currentEnd: (number: UInt32, size: UInt64)? { current.map { ($0.number, $0.size) } }

    /// Writes pictures and waits until they are on disk.
    ///
    /// A failed write leaves nothing that anyone refers to.
    func append(_ pictures: [(picture: [UInt8], id: UUID)]) throws -> [PictureLocation] {
        var locations: [PictureLocation] = []
        var written: [FrameAppender] = []
        for (picture, id) in pictures {
            guard picture.count <= Frame.maximumPayload - 16 else {
                throw FaceError(
                    .imageTooLarge,
                    "a picture of \(picture.count) bytes is too large for a gallery, which keeps \(Frame.maximumPayload - 16) at most"
                )
            }
            let appender = try appender()
            if written.last !== appender { written.append(appender) }
            let offset = try appender.append([PictureFiles.frame(picture, of: id)])[0]
            locations.append(PictureLocation(offset: offset, file: appender.number, size: UInt32(picture.count)))
        }
        for appender in written { try appender.synchronize() }
        return locations
    }

    private func appender() throws -> FrameAppender {
        if let current, current.size < fullSize { return current }
        let number = nextNumber
        let file = try StoredFile(folder.pictures(number), .create)
        try StoredFile.synchronizeFolder(folder.path)
        nextNumber += 1
        let appender = FrameAppender(file, number: number, numbersFrames: false)
        current = appender
        return appender
    }
}
