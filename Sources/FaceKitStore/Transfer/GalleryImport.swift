// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import FaceKit
import Foundation

/// Reads an exported gallery into one that may hold other subjects already.
///
/// Faces whose id is enrolled already are passed over, so that an import that was interrupted is simply run again.
public struct GalleryImport: Sendable {
    /// A part of the source that was not taken over.
    public struct Skipped: Hashable, Sendable {
        /// The line or the file.
        public var source: String
        /// Why, for people.
        public var reason: String

        /// Describes a part that was not taken over.
        public init(source: String, reason: String) {
            self.source = source
            self.reason = reason
        }
    }

    /// What an import came to.
    public struct Report: Hashable, Sendable {
        /// Faces that were enrolled.
        public var enrolled = 0
        /// Faces that were in the gallery before.
        public var known = 0
        /// Everything else, in the order of the source.
        public var skipped: [Skipped] = []
    }

    /// The gallery that is filled.
    public let gallery: any Gallery

    /// Prepares an import.
    public init(into gallery: any Gallery) {
        self.gallery = gallery
    }

    private static let facesPerBatch = 500
    private static let bytesPerBatch = 32 << 20

    /// Reads a file that ``GalleryExport`` wrote.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - progress: Called after each part with the numbers of bytes read and of all.
    /// - Returns: What was enrolled and what was not, with the reasons.
    /// - Throws: ``FaceError/Code/fileUnreadable``, ``FaceError/Code/unsupportedGallery`` for a file that is no export, and
    ///   what the gallery throws when it cannot be written.
    public func read(
        file path: String,
        progress: @Sendable (_ done: Int, _ count: Int) -> Void = { _, _ in }
    ) async throws -> Report {
        var lines = LineReader(try StoredFile(path, .read))
        let size = Int(try lines.file.size())
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        var report = Report()
        var batch: [Enrollment] = []
        var bytes = 0
        var number = 0
        var hasHead = false
        while let line = try lines.next() {
            number += 1
            if line.isEmpty { continue }
            do {
                let parsed = try ExportLine(line)
                guard hasHead else {
                    guard case .head = parsed else { throw Self.noExport(path) }
                    hasHead = true
                    continue
                }
                switch parsed {
                case .head: throw FaceError(.unsupportedGallery, "a second head")
                case .subject(let subject):
                    try await gallery.addSubject(
                        subject.subject,
                        created: GalleryTime(milliseconds: subject.created).date
                    )
                case .face(let face):
                    guard try await gallery.template(id: face.id) == nil,
                        !batch.contains(where: { $0.template.id == face.id })
                    else {
                        report.known += 1
                        continue
                    }
                    let enrollment = try Enrollment(face.template(), picture: Self.picture(of: face, folder))
                    batch.append(enrollment)
                    bytes += face.embedding.count + (enrollment.picture?.count ?? 0)
                }
            } catch {
                guard hasHead else { throw Self.noExport(path, error) }
                report.skipped.append(Skipped(source: "line \(number)", reason: Self.reason(error)))
                if (error as? FaceError).map(Self.isFatal) == true { throw error }
            }
            if batch.count >= Self.facesPerBatch || bytes > Self.bytesPerBatch {
                try await Self.enroll(batch, gallery, &report)
                (batch, bytes) = ([], 0)
                progress(Int(lines.offset), size)
            }
        }
        guard hasHead else { throw Self.noExport(path) }
        try await Self.enroll(batch, gallery, &report)
        progress(size, size)
        return report
    }

    private static func noExport(_ path: String, _ cause: (any Error)? = nil) -> FaceError {
        if let error = cause as? FaceError, error.code == .unsupportedGallery { return error }
        return FaceError(.unsupportedGallery, "\(path) is no export of a gallery: its first line says otherwise")
    }

    /// What an error says; those of the JSON decoder quote what they read, which may be an embedding.
    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as FaceError: error.message
        case DecodingError.keyNotFound(let key, _): "the key \(key.stringValue) is missing"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            "the value of \(context.codingPath.map(\.stringValue).joined(separator: ".")) is of another type"
        default: "the line is no JSON"
        }
    }

    /// Whether an error is the gallery's and will meet every other line as well.
    static func isFatal(_ error: FaceError) -> Bool {
        [.fileUnwritable, .galleryReadOnly, .galleryInUse, .galleryDamaged, .galleryNotFound].contains(error.code)
    }

    /// Enrols a batch, or where that is refused, each of it by itself.
    static func enroll(_ batch: [Enrollment], _ gallery: any Gallery, _ report: inout Report) async throws {
        guard !batch.isEmpty else { return }
        do {
            try await gallery.enroll(batch)
            report.enrolled += batch.count
        } catch let error as FaceError where !isFatal(error) {
            for enrollment in batch {
                do {
                    try await gallery.enroll([enrollment])
                    report.enrolled += 1
                } catch let error as FaceError where !isFatal(error) {
                    report.skipped.append(
                        Skipped(source: "face \(enrollment.template.id)", reason: error.message)
                    )
                }
            }
        }
    }

    private static func picture(of face: ExportLine.FaceLine, _ folder: String) throws -> [UInt8]? {
        if let picture = face.picture { return Array(picture) }
        guard let name = face.pictureFile else { return nil }
        guard !name.hasPrefix("/"), !name.split(separator: "/").contains("..") else {
            throw FaceError(.fileUnreadable, "the path of a picture leads out of the folder of the export")
        }
        let file = try StoredFile(folder + "/" + name, .read)
        return try file.read(at: 0, count: Int(file.size()))
    }
}

/// Goes through a file line by line.
struct LineReader {
    let file: StoredFile
    /// How far the file was read.
    private(set) var offset: UInt64 = 0
    private var buffer: [UInt8] = []
    private var start = 0

    init(_ file: StoredFile) {
        self.file = file
    }

    /// The next line without its end, `nil` behind the last one.
    mutating func next() throws -> [UInt8]? {
        var searched = start
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { start = end + 1 }
                let line = buffer[start..<end]
                return Array(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
            }
            buffer.removeFirst(start)
            searched = buffer.count
            start = 0
            let more = try file.read(at: offset, count: 1 << 20)
            offset += UInt64(more.count)
            if more.isEmpty {
                defer { buffer = [] }
                return buffer.isEmpty ? nil : buffer
            }
            buffer += more
        }
    }
}
