// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import FaceKit
import Foundation

/// Writes a gallery as text, a JSON object in each line (NDJSON), and reads it back.
public struct GalleryExport: Sendable {
    /// Where the pictures go.
    public enum Pictures: String, Hashable, Sendable, CaseIterable {
        /// Into the lines, in base64.
        case inline
        /// Into a folder beside the file, with its name and `.pictures`.
        case beside
        /// Nowhere.
        case none
    }

    /// What was written.
    public struct Report: Hashable, Sendable {
        public var subjects = 0
        public var faces = 0
        public var pictures = 0
    }

    /// The gallery.
    public let gallery: any Gallery
    /// Where the pictures go.
    public var pictures: Pictures

    /// Prepares an export.
    public init(_ gallery: any Gallery, pictures: Pictures = .inline) {
        self.gallery = gallery
        self.pictures = pictures
    }

    /// Writes the file; one that is there is replaced once the new one is complete.
    ///
    /// What is enrolled meanwhile is exported or not. Memory is that of some pictures.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - progress: Called after each part with the numbers of faces written and of all.
    /// - Returns: What was written.
    /// - Throws: ``FaceError/Code/fileUnwritable``, and what the gallery throws.
    public func write(
        toFile path: String,
        progress: @Sendable (_ done: Int, _ count: Int) -> Void = { _, _ in }
    ) async throws -> Report {
        let temporary = path + ".new"
        let file = try StoredFile(temporary, .create)
        defer { try? FileManager.default.removeItem(atPath: temporary) }
        var offset: UInt64 = 0
        func write(_ line: ExportLine) throws {
            let bytes = try line.encoded() + [UInt8(ascii: "\n")]
            try file.write(bytes, at: offset)
            offset += UInt64(bytes.count)
        }

        let statistics = try await gallery.statistics
        try write(
            .head(
                .init(
                    version: 1,
                    nameMatching: gallery.configuration.nameMatching,
                    space: statistics.space,
                    subjects: statistics.subjectCount,
                    faces: statistics.templateCount
                )
            )
        )
        var report = Report()
        var page = Page(limit: 1000)
        while true {
            let part = try await gallery.subjects(page)
            for subject in part.subjects {
                try write(
                    .subject(.init(subject: subject.name, created: GalleryTime(subject.created).milliseconds))
                )
                report.subjects += 1
            }
            guard let next = part.next else { break }
            page = Page(after: next, limit: page.limit)
        }

        page = Page(limit: 200)
        while true {
            let part = try await gallery.templates(matching: .all, page)
            for template in part.templates {
                var line = ExportLine.FaceLine(template)
                if pictures != .none, template.pictureSize != nil,
                    let picture = try await gallery.picture(of: template.id)
                {
                    switch pictures {
                    case .inline: line.picture = Data(picture)
                    case .beside: line.pictureFile = try writePicture(picture, of: template.id, beside: path)
                    case .none: break
                    }
                    report.pictures += 1
                }
                try write(.face(line))
                report.faces += 1
            }
            progress(report.faces, max(report.faces, statistics.templateCount))
            guard let next = part.next else { break }
            page = Page(after: next, limit: page.limit)
        }
        try file.synchronize()
        try StoredFile.move(temporary, to: path)
        return report
    }

    private func writePicture(_ picture: [UInt8], of id: UUID, beside path: String) throws -> String {
        let url = URL(fileURLWithPath: path)
        let folder = url.lastPathComponent + ".pictures"
        let target = url.deletingLastPathComponent().appendingPathComponent(folder).path
        do {
            try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
        } catch {
            throw FaceError(.fileUnwritable, "the folder \(target) cannot be created", cause: error)
        }
        let name = id.uuidString.lowercased()
        let file = try StoredFile("\(target)/\(name)", .create)
        try file.write(picture, at: 0)
        return "\(folder)/\(name)"
    }
}
