// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitTestSupport
import Foundation
import Testing

@Suite(
    .enabled(
        if: EvaluationFolders.models != nil && EvaluationFolders.pictures != nil,
        "FACEKIT_MODEL_MIRROR or FACEKIT_EVAL is not set"
    )
)
struct GalleryCommandTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.path)
    }

    /// Pictures of people that have several, by the person's name.
    private static let people: [(name: String, pictures: [String])] = {
        guard let images = EvaluationFolders.pictures?.path.appending("/lfw-dev/images"),
            let names = try? FileManager.default.contentsOfDirectory(atPath: images).sorted()
        else { return [] }
        return names.lazy.map { name in
            let files = (try? FileManager.default.contentsOfDirectory(atPath: "\(images)/\(name)").sorted()) ?? []
            return (name: name, pictures: files.map { "\(images)/\(name)/\($0)" })
        }.filter { $0.pictures.count > 1 }.prefix(4).map(\.self)
    }()

    private func json(_ arguments: [String]) throws -> [String: Any] {
        let run = try FaceKitProcess(arguments + ["--json"])
        #expect(run.status == 0, "\(arguments): \(run.errors)")
        return try run.json()
    }

    @Test("who was enrolled is identified, moves, is copied, and goes", arguments: ["gallery", "gallery.sqlite"])
    func wholeLife(name: String) throws {
        try #require(Self.people.count == 4)
        try withFolder { folder in
            let gallery = folder + "/" + name
            for person in Self.people {
                let run = try FaceKitProcess([
                    "enroll", "--gallery", gallery, "--subject", person.name, person.pictures[0],
                ])
                #expect(run.status == 0 && run.output.hasPrefix("1 enrolled, 0 known before, 0 skipped"))
            }
            for person in Self.people {
                let answer = try json(["identify", "--gallery", gallery, person.pictures[0], "--top", "2"])
                let pictures = try #require(answer["pictures"] as? [[String: Any]])
                let faces = try #require(pictures[0]["faces"] as? [[String: Any]])
                let best = faces.compactMap { ($0["candidates"] as? [[String: Any]])?.first }
                #expect(best.contains { $0["subject"] as? String == person.name })
                #expect(faces.allSatisfy { ($0["candidates"] as? [Any])?.count == 2 })
            }

            let again = try FaceKitProcess([
                "enroll", "--gallery", gallery, "--subject", Self.people[0].name, Self.people[0].pictures[0],
            ])
            #expect(again.output.hasPrefix("0 enrolled, 1 known before"))
            #expect(try json(["gallery", "info", gallery])["faces"] as? Int == 4)

            #expect(try FaceKitProcess(["gallery", "rename", gallery, Self.people[0].name, "Ann Ä"]).status == 0)
            let merged = try json(["gallery", "rename", gallery, Self.people[1].name, "Ann Ä"])
            #expect(merged["outcome"] as? String == "merged" && merged["movedFaces"] as? Int == 1)
            #expect(try FaceKitProcess(["gallery", "rename", gallery, "nobody", "x"]).status == 1)

            let export = folder + "/export.ndjson"
            #expect(try json(["gallery", "export", gallery, export])["pictures"] as? Int == 4)
            #expect(try json(["gallery", "import", folder + "/copy.sqlite", export])["enrolled"] as? Int == 4)
            #expect(
                try json(["gallery", "export", folder + "/copy.sqlite", folder + "/second.ndjson"])["faces"] as? Int
                    == 4
            )
            #expect(
                try Data(contentsOf: URL(fileURLWithPath: export))
                    == Data(contentsOf: URL(fileURLWithPath: folder + "/second.ndjson"))
            )

            #expect(try FaceKitProcess(["gallery", "backup", gallery, folder + "/backup-" + name]).status == 0)
            let deleted = try json(["gallery", "delete", gallery, "--subject", "Ann Ä", "--compact"])
            #expect(deleted["faces"] as? Int == 2 && deleted["awaitingErasure"] as? Int == 0)
            let subjects = try FaceKitProcess(["gallery", "subjects", gallery]).output
            #expect(subjects == "1\t\(Self.people[2].name)\n1\t\(Self.people[3].name)\n")
            #expect(try json(["gallery", "info", folder + "/backup-" + name])["faces"] as? Int == 4)
        }
    }

    @Test("a folder of people is imported, and what is no picture is told")
    func folderImport() throws {
        try #require(Self.people.count == 4)
        try withFolder { folder in
            for person in Self.people {
                let target = "\(folder)/people/\(person.name)"
                try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
                for picture in person.pictures.prefix(2) {
                    try FileManager.default.copyItem(
                        atPath: picture,
                        toPath: target + "/" + URL(fileURLWithPath: picture).lastPathComponent
                    )
                }
                try Data("text".utf8).write(to: URL(fileURLWithPath: target + "/notes.txt"))
            }
            let gallery = folder + "/gallery"
            let report = folder + "/report.txt"
            let run = try FaceKitProcess([
                "gallery", "import", gallery, folder + "/people", "--report", report, "--json",
            ])
            #expect(run.status == 1)
            #expect(try run.json()["enrolled"] as? Int == 8)
            let lines = try String(contentsOfFile: report, encoding: .utf8).split(separator: "\n")
            #expect(lines.count == 4 && lines.allSatisfy { $0.contains("/notes.txt: ") })
            let faces = try #require(try json(["gallery", "faces", gallery, "--limit", "3"])["faces"] as? [Any])
            #expect(faces.count == 3)
            #expect(try json(["gallery", "repair", gallery])["faces"] as? Int == 8)
        }
    }

    @Test("a gallery that is not there is told in one line")
    func missingGallery() throws {
        try withFolder { folder in
            for arguments in [
                ["gallery", "info", folder + "/none"], ["gallery", "compact", folder + "/none.sqlite"],
                ["identify", "--gallery", folder + "/none", folder + "/a.jpg"],
                ["gallery", "repair", folder + "/none"],
            ] {
                let run = try FaceKitProcess(arguments)
                #expect(run.status == 1)
                #expect(run.errors.hasPrefix("Error: there is no gallery") && run.errors.hasSuffix("\n"))
            }
            #expect(try FaceKitProcess(["gallery", "repair", folder + "/g.sqlite"]).status == 64)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        }
    }
}
