// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitTestSupport
import Foundation
import Testing

@testable import FaceKitStore

@Suite("FileGallery")
struct FileGalleryTests {
    @Test("keeps what every gallery promises", arguments: GalleryConformance.checks)
    func keepsThePromise(check: GalleryConformance.Check) async throws {
        let folder = try TemporaryFolder()
        try await check.run { configuration in
            try await FileGallery(path: folder.path + "/gallery", configuration: configuration)
        }
    }

    @Test("keeps what every gallery promises when its files are written anew all the time")
    func keepsThePromiseWhileCompacting() async throws {
        var options = FileGallery.Options()
        options.slackBeforeCompaction = -1_000
        options.pictureFileSize = 100
        options.leastIndexed = 1
        options.unwrittenRows = 10
        for check in GalleryConformance.checks {
            let folder = try TemporaryFolder()
            try await check.run { [options] configuration in
                try await FileGallery(path: folder.path + "/gallery", configuration: configuration, options: options)
            }
        }
    }

    @Test("a store of galleries in files keeps what every store promises")
    func store() async throws {
        let folder = try TemporaryFolder()
        try await GalleryStoreConformance.run(FileGalleryStore(path: folder.path + "/galleries"))
    }

    @Test(
        "what was enrolled is there after closing, after just letting go, and after compacting",
        arguments: [0, 1, 2]
    )
    func reopening(how: Int) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/gallery"
        let expected = try await { () async throws -> GalleryContents in
            let gallery = try await FileGallery(path: path, configuration: .init(nameMatching: .ignoringCase))
            try await GalleryContents.fill(gallery)
            if how == 1 { try await gallery.compact() }
            let contents = try await GalleryContents(gallery)
            if how < 2 { try await gallery.close() }
            return contents
        }()
        let reader = try await FileGallery(path: path, access: .readOnly)
        #expect(try await GalleryContents(reader) == expected)
        let again = try await Self.whenLetGo { try await FileGallery(path: path) }
        #expect(again.configuration.nameMatching == .ignoringCase)
        #expect(try await GalleryContents(again) == expected)
        #expect(again.tornTail == nil)

        // Positions and numbers go on where they were.
        let template = try Template(subject: "after", embedding: #require(expected.templates.first).embedding)
        try await again.enroll(template, picture: [7])
        let last = try await again.templates(matching: .all, Page(offset: expected.templates.count, limit: 5))
        #expect(last.templates.map(\.id) == [template.id])
    }

    @Test("a reader reads while a writer writes; a second writer is refused, and says by whom")
    func locking() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/gallery"
        let writer = try await FileGallery(path: path)
        try await GalleryContents.fill(writer)
        let error = await #expect(throws: FaceError.self) { _ = try await FileGallery(path: path) }
        #expect(error?.code == .galleryInUse)
        #expect(error?.message.contains("\(ProcessInfo.processInfo.processIdentifier)") == true)
        let reader = try await FileGallery(path: path, access: .readOnly)
        let contents = try await GalleryContents(writer)
        #expect(try await GalleryContents(reader) == contents)
        try await writer.removeAll()
        try await writer.compact()
        #expect(try await GalleryContents(reader) == contents)
        await expect(.galleryReadOnly) { try await reader.addSubject("x") }
        await expect(.galleryReadOnly) { try await reader.compact() }
        try await writer.close()
        await expect(.galleryNotFound) { try await writer.addSubject("x") }
        await expect(.galleryNotFound) { _ = try await writer.count }
        _ = try await FileGallery(path: path)
    }

    @Test("a place that holds no gallery is refused and left as it is")
    func foreignFolders() async throws {
        let folder = try TemporaryFolder()
        await expect(.galleryNotFound) { _ = try await FileGallery(path: folder.path + "/none", access: .readOnly) }
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/none"))
        try Data("photo".utf8).write(to: URL(fileURLWithPath: folder.path + "/a.jpg"))
        await expect(.unsupportedGallery) { _ = try await FileGallery(path: folder.path) }
        await expect(.fileUnwritable) { _ = try await FileGallery(path: folder.path + "/a.jpg") }
        await expect(.fileUnwritable) { _ = try await FileGallery(path: "/proc/gallery") }
    }

    @Test("a newer format is refused by its number")
    func newerFormat() async throws {
        let folder = try TemporaryFolder()
        var manifest = GalleryManifest(id: UUID(), generation: 1, nameMatching: .exact)
        manifest.version = 2
        try manifest.write(in: folder.path)
        let error = await #expect(throws: FaceError.self) { _ = try await FileGallery(path: folder.path) }
        #expect(error?.code == .unsupportedGallery)
        #expect(error?.message.contains("gallery 2") == true)
    }

    // MARK: - Damage

    @Test("a log that is cut anywhere opens with the changes before the cut, and says what went")
    func tornTails() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/gallery"
        var ends: [(size: UInt64, count: Int)] = [(0, 0)]
        let log = path + "/log-1"
        do {
            let gallery = try await FileGallery(path: path)
            for index in 0..<6 {
                try await gallery.enroll(Template(subject: "s\(index)", embedding: .random(seed: index)), picture: [1])
                ends.append((try StoredFile(log, .read).size(), index + 1))
            }
        }
        // Nobody closed the gallery: the thread of its last change may hold the lock for a moment longer.
        while (try? GalleryFolder(path: path).takeLock()) == nil { try await Task.sleep(for: .milliseconds(1)) }
        let whole = try Data(contentsOf: URL(fileURLWithPath: log))
        for cut in stride(from: 0, through: whole.count, by: 13) {
            try whole.prefix(cut).write(to: URL(fileURLWithPath: log))
            let gallery = try await FileGallery(path: path)
            let end = try #require(ends.last { $0.size <= cut })
            #expect(try await gallery.count == end.count)
            #expect(gallery.tornTail?.offset == (end.size == cut ? nil : end.size))
            #expect(gallery.tornTail?.bytes == (end.size == cut ? nil : UInt64(cut) - end.size))
            try await gallery.enroll(Template(subject: "new", embedding: .random(seed: 99)), picture: [2, 3])
            #expect(try await gallery.count == end.count + 1)
            try await gallery.close()
            let again = try await FileGallery(path: path, access: .readOnly)
            #expect(try await again.templates(of: "new").count == 1)
        }
    }

    @Test("a changed byte is refused with its place, except at the very end, and repair saves the rest")
    func damageInTheMiddle() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/gallery"
        do {
            let gallery = try await FileGallery(path: path)
            for index in 0..<5 {
                try await gallery.enroll(
                    Template(subject: "s\(index)", embedding: .random(seed: index)),
                    picture: GalleryContents.picture(index, size: 300)
                )
            }
            try await gallery.compact()
            for index in 5..<10 {
                try await gallery.enroll(
                    Template(subject: "s\(index)", embedding: .random(seed: index)),
                    picture: GalleryContents.picture(index, size: 300)
                )
            }
            try await gallery.close()
        }
        let files = try ["log-2", "snapshot-2", "pictures-1"].map { name in
            (name, try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")))
        }
        var random = SeededGenerator(seed: 11)
        for (name, whole) in files {
            for round in 0..<40 {
                let copy = folder.path + "/copy-\(name)-\(round)"
                try FileManager.default.copyItem(atPath: path, toPath: copy)
                var bytes = whole
                let place = Int.random(in: 0..<whole.count - Frame.headerSize, using: &random)
                bytes[place] ^= UInt8(1 << Int.random(in: 0..<8, using: &random))
                try bytes.write(to: URL(fileURLWithPath: "\(copy)/\(name)"))

                if name == "pictures-1" {
                    let gallery = try await FileGallery(path: copy)
                    var broken = 0
                    for template in try await gallery.templates(matching: .all, Page(limit: 99)).templates {
                        do { _ = try await gallery.picture(of: template.id) } catch let error as FaceError {
                            #expect(error.code == .galleryDamaged && error.message.contains("offset"))
                            broken += 1
                        }
                    }
                    #expect(broken == 1)
                    try await gallery.close()
                } else {
                    let error = await #expect(throws: FaceError.self) { _ = try await FileGallery(path: copy) }
                    #expect(error?.code == .galleryDamaged)
                    #expect(error?.message.contains("\(name) is damaged at offset") == true)
                }

                let report = try await FileGallery.repair(path: copy)
                #expect(!report.damages.isEmpty)
                #expect(report.damages.allSatisfy { $0.file.hasSuffix(name) })
                let gallery = try await FileGallery(path: copy)
                let count = try await gallery.count
                #expect(report.templates == count)
                switch name {
                case "log-2": #expect(count == 9)
                case "snapshot-2": #expect((5...10).contains(count))
                default:
                    #expect(count == 10)
                    #expect(try await gallery.statistics.pictureCount == 9)
                }
                for template in try await gallery.templates(matching: .all, Page(limit: 99)).templates {
                    if template.subject.hasPrefix("recovered subject ") { continue }
                    let index = try #require(Int(template.subject.dropFirst()))
                    #expect(try template.embedding == .random(seed: index))
                    if template.pictureSize != nil {
                        #expect(
                            try await gallery.picture(of: template.id) == GalleryContents.picture(index, size: 300)
                        )
                    }
                }
                try await gallery.close()
                try FileManager.default.removeItem(atPath: copy)
            }
        }
    }

    @Test("missing files and a damaged manifest are refused, and repair brings back what it can")
    func missingFiles() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/gallery"
        do {
            let gallery = try await FileGallery(path: path)
            try await gallery.enroll(Template(subject: "a", embedding: .random(seed: 1)), picture: [1, 2, 3])
            try await gallery.compact()
            try await gallery.enroll(Template(subject: "b", embedding: .random(seed: 2)), picture: [4])
            try await gallery.close()
        }
        for (name, saved, pictures) in [
            ("MANIFEST", 2, 2), ("snapshot-2", 1, 1), ("log-2", 1, 1), ("pictures-1", 2, 0),
        ] {
            let copy = folder.path + "/copy-" + name
            try FileManager.default.copyItem(atPath: path, toPath: copy)
            try FileManager.default.removeItem(atPath: "\(copy)/\(name)")
            await expect(.galleryDamaged) { _ = try await FileGallery(path: copy) }
            _ = try await FileGallery.repair(path: copy)
            let gallery = try await FileGallery(path: copy)
            #expect(try await gallery.count == saved, "\(name)")
            #expect(try await gallery.statistics.pictureCount == pictures, "\(name)")
        }
        try Data("{}\nffff\n".utf8).write(to: URL(fileURLWithPath: path + "/MANIFEST"))
        await expect(.galleryDamaged) { _ = try await FileGallery(path: path) }
    }

    @Test("any damage of any file gives an error or a gallery, never a trap", arguments: 0..<150)
    func randomDamage(seed: Int) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/gallery"
        var options = FileGallery.Options()
        options.leastIndexed = seed % 3 == 0 ? 1 : 1000
        let gallery = try await FileGallery(path: path, options: options)
        try await GalleryContents.fill(gallery)
        if seed % 2 == 0 { try await gallery.compact() }
        try await gallery.addSubject("last")
        try await gallery.close()
        var random = SeededGenerator(seed: UInt64(seed))
        let names = try FileManager.default.subpathsOfDirectory(atPath: path).sorted()
        let name = try #require(names.filter { !["LOCK", "index"].contains($0) }.randomElement(using: &random))
        let url = URL(fileURLWithPath: "\(path)/\(name)")
        var bytes = [UInt8](try Data(contentsOf: url))
        for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes.removeSubrange(place...)
            case 1: bytes.removeSubrange(place..<min(bytes.count, place + 50))
            case 2: bytes.insert(contentsOf: [0, 0xFF, 0x46, 0x4B, 0x47, 0x31], at: place)
            default: bytes[place] = UInt8.random(in: 0...255, using: &random)
            }
        }
        try Data(bytes).write(to: url)
        func useAll() async throws {
            let gallery = try await FileGallery(path: path)
            for template in try await gallery.templates(matching: .all, Page(limit: .max)).templates {
                _ = try await gallery.picture(of: template.id)
                _ = try await gallery.candidates(for: template.embedding, limit: 3)
            }
            try await gallery.compact()
            try await gallery.close()
        }
        do { try await useAll() } catch let error as FaceError {
            #expect([.galleryDamaged, .unsupportedGallery].contains(error.code), "\(error)")
            guard error.code == .galleryDamaged else { return }
            _ = try await Self.whenLetGo { try await FileGallery.repair(path: path) }
            try await useAll()
        }
    }

    /// What `open` gives, once a gallery that was not closed is free: its last task may end a moment after its last owner.
    private static func whenLetGo<Value: Sendable>(_ open: () async throws -> Value) async throws -> Value {
        for _ in 0..<100 {
            do { return try await open() } catch let error as FaceError where error.code == .galleryInUse {
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        return try await open()
    }

    // MARK: - Erasure, copies

    @Test("what was removed is in no file once the gallery was compacted")
    func erasure() async throws {
        let folder = try TemporaryFolder()
        var options = FileGallery.Options()
        options.leastIndexed = 1
        options.unwrittenRows = 10
        let gallery = try await FileGallery(path: folder.path + "/gallery", options: options)
        try await ErasureScan.run(gallery, folder: folder.path)
    }

    @Test("a backup of a gallery in use is whole, and goes its own way")
    func backup() async throws {
        let folder = try TemporaryFolder()
        let gallery = try await FileGallery(path: folder.path + "/gallery")
        try await GalleryContents.fill(gallery)
        let expected = try await GalleryContents(gallery)
        try await gallery.backup(toPath: folder.path + "/copy")
        try await gallery.removeAll()
        try await gallery.compact()
        let copy = try await FileGallery(path: folder.path + "/copy")
        #expect(try await GalleryContents(copy) == expected)
        await expect(.fileUnwritable) { try await gallery.backup(toPath: folder.path + "/copy") }
        let reader = try await FileGallery(path: folder.path + "/copy", access: .readOnly)
        try await reader.backup(toPath: folder.path + "/second")
        #expect(
            try await GalleryContents(FileGallery(path: folder.path + "/second", access: .readOnly)) == expected
        )
    }
}
