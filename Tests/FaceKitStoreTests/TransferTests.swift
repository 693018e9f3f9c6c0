// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitTestSupport
import Foundation
import Testing

@testable import FaceKitStore

@Suite("Export and import")
struct TransferTests {
    @Test(
        "what is imported equals what was exported, with pictures inline and beside",
        arguments: [
            GalleryExport.Pictures.inline, .beside,
        ]
    )
    func roundTrip(pictures: GalleryExport.Pictures) async throws {
        let folder = try TemporaryFolder()
        let source = MemoryGallery()
        try await GalleryContents.fill(source)
        try await source.discardStagedEmbeddings()
        let file = folder.path + "/export.ndjson"
        let report = try await GalleryExport(source, pictures: pictures).write(toFile: file)
        let contents = try await GalleryContents(source)
        #expect(
            report.faces == contents.templates.count && report.pictures == contents.pictures.compactMap(\.self).count
        )

        let target = try await FileGallery(path: folder.path + "/gallery")
        let imported = try await GalleryImport(into: target).read(file: file)
        #expect(imported == GalleryImport.Report(enrolled: contents.templates.count))
        #expect(try await GalleryContents(target) == contents)

        // The text is the same again, and a second import finds everything known.
        let again = folder.path + "/again.ndjson"
        _ = try await GalleryExport(target, pictures: .inline).write(toFile: again)
        if pictures == .inline {
            #expect(
                try Data(contentsOf: URL(fileURLWithPath: again)) == Data(contentsOf: URL(fileURLWithPath: file))
            )
        }
        #expect(
            try await GalleryImport(into: target).read(file: again)
                == GalleryImport.Report(known: contents.templates.count)
        )
    }

    @Test("extreme numbers survive the round trip")
    func extremeNumbers() async throws {
        let folder = try TemporaryFolder()
        let source = MemoryGallery()
        var vector = [Float](repeating: .leastNonzeroMagnitude, count: 40)
        vector[0] = 1
        vector[1] = -0.0
        vector[2] = .leastNormalMagnitude
        let template = Template(
            subject: "\u{1F600} \"\\\n\u{2028}",
            embedding: Embedding(space: "s", stored: vector),
            boundingBox: BoundingBox(x: -.infinity, y: .greatestFiniteMagnitude, width: 0.1, height: -0.0),
            quality: 0.1,
            metadata: [
                "max": .integer(.max), "min": .integer(.min), "small": .number(.leastNonzeroMagnitude), "big": 1.7e308,
                "third": 0.1,
            ],
            enrolled: Date(timeIntervalSince1970: -1.001)
        )
        try await source.enroll(template, picture: [])
        _ = try await GalleryExport(source).write(toFile: folder.path + "/e")
        let target = MemoryGallery()
        _ = try await GalleryImport(into: target).read(file: folder.path + "/e")
        let found = try #require(try await target.template(id: template.id))
        #expect(found == Enrollment(template, picture: []).template)
        #expect(found.embedding.vector.map(\.bitPattern) == vector.map(\.bitPattern))
    }

    @Test("lines that cannot be taken are reported with number and reason, the others are imported")
    func damagedLines() async throws {
        let folder = try TemporaryFolder()
        let source = MemoryGallery()
        for index in 0..<4 {
            try await source.enroll(Template(subject: "s\(index)", embedding: .random(seed: index)))
        }
        let file = folder.path + "/e"
        _ = try await GalleryExport(source).write(toFile: file)
        var lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").map(String.init)
        lines[5] = String(lines[5].dropLast(30))
        lines[6] = lines[6].replacingOccurrences(of: "\"id\"", with: "\"no\"")
        lines[8] = lines[8].replacingOccurrences(of: "test@1", with: "other")
        lines.insert("", at: 6)
        lines.append("{\"subject\":\"\",\"created\":0}")
        lines.append(#"{"created":0}"#)
        try lines.joined(separator: "\r\n").write(toFile: file, atomically: true, encoding: .utf8)
        let target = MemoryGallery()
        let report = try await GalleryImport(into: target).read(file: file)
        #expect(report.enrolled == 1)
        #expect(report.skipped.map { $0.source.prefix(4) } == ["line", "line", "line", "line", "face"])
        #expect(report.skipped[0] == .init(source: "line 6", reason: "the line is no JSON"))
        #expect(report.skipped[1] == .init(source: "line 8", reason: "the key id is missing"))
        #expect(report.skipped[4].reason.contains("other"))
        for text in ["", "\n", "[1]", "{\"facekit_gallery_export\":2}", "picture"] {
            try text.write(toFile: file, atomically: true, encoding: .utf8)
            await expect(.unsupportedGallery) { _ = try await GalleryImport(into: target).read(file: file) }
        }
        await expect(.fileUnreadable) { _ = try await GalleryImport(into: target).read(file: folder.path + "/none") }
    }

    @Test("folders of pictures are imported by subject, resumed, and what was skipped is told")
    func pictureFolder() async throws {
        let folder = try TemporaryFolder()
        func write(_ name: String, _ text: String) throws {
            let url = URL(fileURLWithPath: folder.path + "/" + name)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(text.utf8).write(to: url)
        }
        for index in 0..<50 { try write("person \(index % 7)/\(index).jpg", "face \(index)") }
        try write("person 1/more/50.jpg", "face 50")
        try write("person 1/copy.jpg", "face 50")
        try write("person 2/notes.txt", "no picture")
        try write("stray.jpg", "face 51")
        try write(".hidden/1.jpg", "face 52")
        let (sources, stray) = try PictureImport.sources(inFolder: folder.path)
        #expect(sources.count == 53)
        #expect(stray.map(\.source) == ["stray.jpg"])

        let gallery = MemoryGallery()
        let work = PictureImport(into: gallery) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            guard text.hasPrefix("face "), let seed = Int(text.dropFirst(5)) else {
                throw FaceError(.unsupportedImageFormat, "not a picture")
            }
            return RecognizedFace(
                detection: FaceDetection(
                    boundingBox: BoundingBox(x: 0, y: 0, width: 1, height: 1),
                    confidence: 1
                ),
                embedding: try .random(seed: seed)
            )
        }
        let part = try await work.run(Array(sources.prefix(20)))
        #expect(part.enrolled == 19 && part.known == 1)
        let report = try await work.run(sources)
        #expect(report.enrolled == 32)
        #expect(report.known == 20)
        #expect(report.skipped == [.init(source: "person 2/notes.txt", reason: "not a picture")])
        #expect(try await gallery.statistics.subjectCount == 7)
        let template = try #require(try await gallery.candidates(for: .random(seed: 11), limit: 1).first?.template)
        #expect(template.subject == "person 4" && template.metadata["file"] == "person 4/11.jpg")
        #expect(try await gallery.picture(of: template.id) == Array("face 11".utf8))

        try write(
            "list.csv",
            "picture,note,subject\n\"person 1/8.jpg\",\"a, \"\"b\"\"\",Ann\n\nperson 0/0.jpg,,Bob\r\n"
        )
        let listed = try PictureImport.sources(inList: folder.path + "/list.csv")
        #expect(listed.map(\.subject) == ["Ann", "Bob"])
        #expect(try await work.run(listed).enrolled == 2)
        for text in ["", "a,b\n", "subject,picture\nAnn\n", "subject,picture\n\"Ann,x\n"] {
            try write("bad.csv", text)
            #expect(throws: FaceError.self) { _ = try PictureImport.sources(inList: folder.path + "/bad.csv") }
        }
    }

    @Test("embeddings are computed anew from kept pictures, go on after a break, and name what they skip")
    func reembedding() async throws {
        let gallery = MemoryGallery()
        for index in 0..<40 {
            let picture: [UInt8]? = index == 7 ? nil : [UInt8(index)]
            try await gallery.enroll(Template(subject: "s\(index)", embedding: .random(seed: index)), picture: picture)
        }
        let work = Reembedding(gallery: gallery, space: "new@2") { _, picture in
            if picture == [9] { throw FaceError(.invalidImage, "broken") }
            return try .random(seed: Int(picture[0]), dimension: 16, space: "new@2")
        }
        // A first run was interrupted after a part.
        let first = try await gallery.templates(matching: .all, Page(limit: 5)).templates
        for template in first {
            let seed = Int(template.subject.dropFirst())!
            try await gallery.stageEmbeddings([template.id: .random(seed: seed, dimension: 16, space: "new@2")])
        }
        let report = try await work.run(workers: 2)
        #expect(report.embedded == 33)
        #expect(report.skipped.map(\.subject) == ["s7", "s9"])
        #expect(report.skipped.map(\.reason) == ["the template has no picture", "broken"])
        #expect(try await gallery.space == "test@1")
        await expect(.reembeddingIncomplete) { try await work.finish(removingOthers: false) }
        try await work.finish(removingOthers: true)
        #expect(try await gallery.count == 38)
        for index in [0, 5, 39] {
            let found = try await gallery.candidates(for: .random(seed: index, dimension: 16, space: "new@2"), limit: 1)
            #expect(found.first?.template.subject == "s\(index)")
        }
        #expect(try await work.run() == Reembedding.Report())
    }
}
