// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitTestSupport
import Foundation
import Testing

@testable import FaceKitStore

@Suite("Galleries on disks that cannot be written")
struct FullDiskTests {
    static let names = ["gallery", "gallery.sqlite"]

    @Test("a file that may not grow gives errors, and what was acknowledged stays whole", arguments: names)
    func limitedFiles(name: String) throws {
        let folder = try TemporaryFolder()
        let lines = try Self.run(
            "exec \"$0\" \"$1\" fill 600000",
            [Worker.executable().path, folder.path + "/" + name]
        )
        #expect(lines.contains { $0.hasPrefix("full after") && $0.hasSuffix("fileUnwritable") }, "\(lines)")
        #expect(lines.last == "whole", "\(lines)")
    }

    @Test("a full disk gives errors, and what was acknowledged stays whole", arguments: names)
    func fullDisk(name: String) throws {
        guard geteuid() == 0 else { return print("a small disk is not mounted: that takes the administrator") }
        let folder = try TemporaryFolder()
        guard try Self.run("mount -t tmpfs -o size=3m tmpfs \"$0\" && echo yes", [folder.path]) == ["yes"] else {
            return print("a small disk cannot be mounted here")
        }
        defer { _ = try? Self.run("umount \"$0\"", [folder.path]) }
        let lines = try Self.run("exec \"$0\" \"$1\" fill 0", [Worker.executable().path, folder.path + "/" + name])
        #expect(lines.filter { $0.hasPrefix("full after") && $0.hasSuffix("fileUnwritable") }.count == 2, "\(lines)")
        #expect(lines.last == "whole", "\(lines)")
    }

    @Test("a folder that cannot be written can be read, and refuses changes", arguments: names)
    func readOnlyFolder(name: String) async throws {
        let folder = try TemporaryFolder()
        let mount = folder.path + "/disk"
        try FileManager.default.createDirectory(atPath: mount, withIntermediateDirectories: false)
        if geteuid() == 0 {
            guard try Self.run("mount -t tmpfs -o size=9m tmpfs \"$0\" && echo yes", [mount]) == ["yes"] else {
                return print("a disk cannot be mounted here, and the administrator may write anywhere")
            }
        }
        defer { _ = try? Self.run("chmod -R u+w \"$0\"; umount \"$0\"", [mount]) }
        let path = mount + "/" + name
        let contents = try await { () async throws -> GalleryContents in
            let gallery = try await Self.open(path)
            try await GalleryContents.fill(gallery)
            defer { withExtendedLifetime(gallery) {} }
            let contents = try await GalleryContents(gallery)
            try await gallery.close()
            return contents
        }()
        // A thread that has just answered may still have a file mapped that was replaced since, and the system waits for it.
        let protect =
            geteuid() == 0
            ? "for i in $(seq 200); do mount -o remount,ro \"$0\" && echo yes && exit; sleep 0.05; done"
            : "chmod -R a-w \"$0\" && echo yes"
        try #require(Self.run(protect, [mount]) == ["yes"])
        await expect(.fileUnwritable) { try await Self.open(path).addSubject("x") }
        await expect(.fileUnwritable) { try await Self.open(mount + "/new-" + name).addSubject("x") }
        let reader: any DurableGallery =
            name.hasSuffix("sqlite")
            ? try await SQLiteGallery(path: path, access: .readOnly)
            : try await FileGallery(path: path, access: .readOnly)
        #expect(try await GalleryContents(reader) == contents)
        for template in contents.templates {
            let found = try await reader.candidates(for: template.embedding, limit: 1).first?.template
            #expect(found?.id == template.id)
        }
        await expect(.galleryReadOnly) { try await reader.addSubject("x") }
    }

    private static func open(_ path: String) async throws -> any DurableGallery {
        var options = FileGallery.Options()
        options.leastIndexed = 1
        return path.hasSuffix("sqlite")
            ? try await SQLiteGallery(path: path) : try await FileGallery(path: path, options: options)
    }

    /// Runs a shell's command and returns the lines of its output.
    private static func run(_ command: String, _ arguments: [String]) throws -> [String] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
