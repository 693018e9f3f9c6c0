// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitStore
import FaceKitTestSupport
import Foundation

// Changes a gallery without end, for a test that kills it: `GalleryWorker PATH SEED WRITERS`. Before each change a line
// `> WRITER CHANGE` goes to standard output, after it was acknowledged `< WRITER`. Every writer has subjects of its own.
//
// `GalleryWorker PATH fill BYTES` enrols until that is refused, checks that the gallery is still what it was, frees room,
// and goes on; it ends with the line `whole`. Files may grow to BYTES, or without end where it is 0.
//
// `GalleryWorker PATH measure COUNT` tells how fast a new gallery takes and finds COUNT faces of 512 dimensions,
// `GalleryWorker PATH open` how fast that gallery opens and what memory it takes.

let arguments = CommandLine.arguments
if arguments.count == 4, arguments[2] == "fill", let bytes = Int(arguments[3]) {
    if bytes > 0 { limitFiles(to: bytes) }
    do { try await fill(arguments[1]) } catch { say("! \(error)") }
    exit(0)
}
if arguments.count == 4, arguments[2] == "measure", let count = Int(arguments[3]) {
    try await measure(arguments[1], count)
    exit(0)
}
if arguments.count == 3, arguments[2] == "open" {
    try await measureOpening(arguments[1]).close()
    exit(0)
}
guard arguments.count == 4, let seed = UInt64(arguments[2]), let writers = Int(arguments[3]) else {
    fatalError("usage: GalleryWorker PATH SEED WRITERS")
}

/// One whole line, in one write.
func say(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
}

/// Opens the gallery at a path; for tests with files that are small and an index that is written often.
func open(_ path: String, isTest: Bool = true) async throws -> any DurableGallery {
    if path.hasSuffix(".sqlite") { return try await SQLiteGallery(path: path) }
    var options = FileGallery.Options()
    if isTest {
        options.pictureFileSize = 50_000
        options.leastIndexed = 1
        options.unwrittenRows = 40
    }
    return try await FileGallery(path: path, options: options)
}

do {
    let gallery = try await open(arguments[1])
    // Without writers the gallery is just opened.
    while writers == 0 { try await Task.sleep(for: .seconds(1)) }
    try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in 0..<writers {
            group.addTask {
                var random = SeededGenerator(seed: seed &* 31 &+ UInt64(writer))
                while true { try await change(gallery, writer, &random) }
            }
        }
        try await group.waitForAll()
    }
} catch {
    say("! \(error)")
    exit(1)
}

/// Makes one change, alone a writer also those that concern everyone.
func change(_ gallery: any Gallery, _ writer: Int, _ random: inout SeededGenerator) async throws {
    let own = try await gallery.templates(matching: .all, Page(limit: .max)).templates
        .filter { $0.subject.hasPrefix("\(writer)/") }
    let space = try await gallery.space ?? "space 1"
    switch Int.random(in: 0..<20, using: &random) {
    case 0..<9:
        var changes: [WorkedChange.Newcomer] = []
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            changes.append(
                .init(
                    id: UUID(),
                    subject: "\(writer)/\(Int.random(in: 0..<6, using: &random))",
                    seed: Int.random(in: 0..<1_000_000, using: &random),
                    pictureSize: Bool.random(using: &random) ? Int.random(in: 0..<20_000, using: &random) : nil
                )
            )
        }
        try await perform(.enroll(changes), gallery, writer, space)
    case 9..<12:
        guard own.count > 5 else { return }
        let ids = (0..<Int.random(in: 1...3, using: &random)).map { _ in own.randomElement(using: &random)!.id }
        try await perform(.remove(ids), gallery, writer, space)
    case 12..<14:
        guard own.count > 15, let subject = own.randomElement(using: &random)?.subject else { return }
        try await perform(.removeSubject(subject), gallery, writer, space)
    case 14..<16:
        guard let subject = own.randomElement(using: &random)?.subject else { return }
        let name = "\(writer)/\(Int.random(in: 0..<6, using: &random))"
        try await perform(.rename(subject, name), gallery, writer, space)
    case 16:
        guard let template = own.randomElement(using: &random) else { return }
        try await perform(.note(template.id, Int.random(in: 0..<1000, using: &random)), gallery, writer, space)
    case 17, 18:
        try await perform(.compact, gallery, writer, space)
    default:
        guard writers == 1, !own.isEmpty else { return }
        let next = space == "space 1" ? "space 2" : "space 1"
        try await perform(.reembed(next), gallery, writer, space)
    }
}

/// Announces, makes and acknowledges a change.
func perform(_ change: WorkedChange, _ gallery: any Gallery, _ writer: Int, _ space: String) async throws {
    let text = String(decoding: try JSONEncoder().encode(change), as: UTF8.self)
    say("> \(writer) \(text)")
    switch change {
    case .enroll(let newcomers):
        try await gallery.enroll(
            newcomers.map { newcomer in
                Enrollment(
                    Template(
                        id: newcomer.id,
                        subject: newcomer.subject,
                        embedding: try WorkedChange.embedding(newcomer.seed, space: space),
                        metadata: ["seed": .integer(Int64(newcomer.seed))]
                    ),
                    picture: newcomer.pictureSize.map { WorkedChange.picture(newcomer.seed, size: $0) }
                )
            }
        )
    case .remove(let ids): try await gallery.removeTemplates(ids: ids)
    case .removeSubject(let name): try await gallery.removeSubject(name)
    case .rename(let name, let newName): _ = try await gallery.renameSubject(name, to: newName)
    case .note(let id, let value):
        guard let template = try await gallery.template(id: id) else { break }
        var metadata = template.metadata
        metadata["note"] = .integer(Int64(value))
        try await gallery.updateTemplate(id: id, .init(metadata: metadata))
    case .compact: try await gallery.compact()
    case .reembed(let next):
        while true {
            let part = try await gallery.templatesToStage(Page(limit: 20))
            if part.templates.isEmpty { break }
            var embeddings: [UUID: Embedding] = [:]
            for template in part.templates {
                guard case .integer(let seed)? = template.metadata["seed"] else { continue }
                embeddings[template.id] = try WorkedChange.embedding(Int(seed), space: next)
            }
            try await gallery.stageEmbeddings(embeddings)
        }
        try await gallery.switchToStagedSpace(removingOthers: false)
    }
    say("< \(writer)")
}

/// Lets no file of this process grow beyond some bytes: writing then gives an error like a full disk.
func limitFiles(to bytes: Int) {
    signal(SIGXFSZ, SIG_IGN)
    var limit = rlimit(rlim_cur: rlim_t(bytes), rlim_max: rlim_t(bytes))
    #if canImport(Glibc)
        let resource = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
    #else
        let resource = RLIMIT_FSIZE
    #endif
    guard setrlimit(resource, &limit) == 0 else { fatalError("the size of files cannot be limited") }
}

/// Enrols until the disk is full, twice, and compares what is there with what was acknowledged.
func fill(_ path: String) async throws {
    let gallery = try await open(path)
    var expected: [UUID: Int] = [:]
    var number = 0
    for round in 0..<2 {
        do {
            while number < 100_000 {
                let template = Template(
                    subject: "s\(number)",
                    embedding: try WorkedChange.embedding(number, space: "space 1")
                )
                try await gallery.enroll(template, picture: WorkedChange.picture(number, size: number % 3000))
                expected[template.id] = number
                number += 1
            }
            say("! \(number) templates, and still no error")
            return
        } catch let error as FaceError {
            say("full after \(expected.count) in round \(round): \(error.code)")
            // Compacting needs room as well, and is refused or not; either way nothing may be lost.
            if round == 0 { do { try await gallery.compact() } catch { say("compact: \(error)") } }
        }
        try await check(gallery, expected)
        if round == 0 {
            for (id, number) in expected where number % 2 == 0 {
                do { try await gallery.removeTemplates(ids: [id]) } catch { continue }
                expected[id] = nil
            }
            do { try await gallery.compact() } catch { say("compact: \(error)") }
            try await check(gallery, expected)
        }
    }
    try? await gallery.close()
    let again = try await open(path)
    try await check(again, expected)
    say("whole")
}

/// Compares a gallery with the numbers of the templates that it should hold.
func check(_ gallery: any Gallery, _ expected: [UUID: Int]) async throws {
    struct Difference: Error { var count: Int }
    let found = try await gallery.templates(matching: .all, Page(limit: .max)).templates
    guard Set(found.map(\.id)) == Set(expected.keys) else { throw Difference(count: found.count) }
    for template in found {
        let number = expected[template.id] ?? -1
        guard template.subject == "s\(number)",
            try template.embedding == WorkedChange.embedding(number, space: "space 1"),
            try await gallery.picture(of: template.id) == WorkedChange.picture(number, size: number % 3000)
        else { throw Difference(count: number) }
    }
}

/// Times enrolling, opening and searching.
func measure(_ path: String, _ count: Int) async throws {
    var random = SeededGenerator(seed: 1)
    var gallery = try await open(path, isTest: false)
    var first: [Template] = []
    var enrolling = Duration.zero
    for start in stride(from: 0, to: count, by: 1000) {
        let templates = try (start..<min(start + 1000, count)).map { try measuredTemplate($0, &random) }
        if first.isEmpty { first = templates }
        enrolling += try await ContinuousClock().measure { try await gallery.enroll(templates) }
    }
    report("\(count) faces, 1000 in a call", enrolling, per: count)
    let single = try (0..<400).map { try measuredTemplate(count + $0, &random) }
    try await timed("200 faces, one in a call", per: 200) {
        for template in single.prefix(200) { try await gallery.enroll(template) }
    }
    try await timed("200 faces, one in a call, 20 calls at once", per: 200) {
        let gallery = gallery
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<20 {
                group.addTask {
                    for index in 0..<10 { try await gallery.enroll(single[200 + task * 10 + index]) }
                }
            }
            try await group.waitForAll()
        }
    }
    try await timed("closing") { try await gallery.close() }
    gallery = try await measureOpening(path)
    try await timed("removing \(first.count) faces", per: first.count) {
        try await gallery.removeTemplates(ids: first.map(\.id))
    }
    try await timed("compacting") { try await gallery.compact() }
    try await gallery.close()
}

/// Times opening and searching a gallery that was measured before, and tells what memory it takes.
@discardableResult
func measureOpening(_ path: String) async throws -> any DurableGallery {
    var random = SeededGenerator(seed: 1)
    let probes = try (0..<101).map { try measuredTemplate($0, &random).embedding }
    let before = memory()
    let gallery = try await timed("opening") { try await open(path, isTest: false) }
    try await timed("the first search") { _ = try await gallery.candidates(for: probes[100], limit: 1) }
    try await timed("100 searches for the best 5 subjects", per: 100) {
        for probe in probes.prefix(100) {
            _ = try await gallery.candidates(for: probe, SearchOptions(limit: 5, ranking: .subjects))
        }
    }
    let (after, count) = (memory(), max(try await gallery.count, 1))
    let (own, mapped) = ((after.own - before.own) / count, (after.mapped - before.mapped) / count)
    say("\(count) faces: \(own) bytes of memory each, and \(mapped) of mapped files, which the system may take back")
    return gallery
}

func measuredTemplate(_ number: Int, _ random: inout SeededGenerator) throws -> Template {
    let vector = (0..<512).map { _ in Float(Int32(truncatingIfNeeded: random.next() >> 32)) }
    return Template(subject: "s\(number / 2)", embedding: try Embedding(space: "measured", normalizing: vector))
}

func report(_ what: String, _ duration: Duration, per number: Int?) {
    let seconds = duration / .seconds(1)
    let rate = number.map { ", \(Int(Double($0) / seconds)) each second" } ?? ""
    say("\(what): \((seconds * 1000).rounded() / 1000) s\(rate)")
}

@discardableResult
func timed<Result>(_ what: String, per number: Int? = nil, _ body: () async throws -> Result) async throws -> Result {
    let start = ContinuousClock.now
    let result = try await body()
    report(what, ContinuousClock.now - start, per: number)
    return result
}

/// The memory of this process in bytes: its own, and what it has mapped of files; zeros where the system does not say.
func memory() -> (own: Int, mapped: Int) {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    func bytes(_ field: String) -> Int {
        let line = status.split(separator: "\n").first { $0.hasPrefix(field + ":") }
        return (line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
    }
    return (bytes("RssAnon"), bytes("RssFile"))
}
