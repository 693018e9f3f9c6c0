// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitStore
import FaceKitTestSupport
import Testing

@Suite("MemoryGallery")
struct MemoryGalleryTests {
    @Test("keeps what every gallery promises", arguments: GalleryConformance.checks)
    func keepsThePromise(check: GalleryConformance.Check) async throws {
        try await check.run { MemoryGallery() }
    }

    @Test(
        "dimensions that fill no whole SIMD vector are searched and returned whole",
        arguments: [1, 15, 16, 17, 33, 512]
    )
    func oddDimensions(dimension: Int) async throws {
        let gallery = MemoryGallery()
        var random = SeededGenerator(seed: UInt64(dimension))
        let templates = try (0..<40).map { index in
            let components = (0..<dimension).map { _ in Float.random(in: 0.1...1, using: &random) }
            return try Template(subject: "s\(index)", embedding: Embedding(space: "s", normalizing: components))
        }
        try await gallery.enroll(templates)
        for template in templates {
            #expect(await gallery.template(id: template.id) == template)
            let probe = template.embedding.vector
            for candidate in try await gallery.candidates(for: template.embedding, limit: 40) {
                let exact = zip(probe, candidate.template.embedding.vector).reduce(0.0) {
                    $0 + Double($1.0) * Double($1.1)
                }
                #expect(abs(Double(candidate.similarity.rawValue) - exact) < 1e-6)
            }
        }
    }
}

/// A gallery that breaks promises, so that the suite itself is seen to fail.
private struct ForgetfulGallery: Gallery {
    let kept = MemoryGallery()
    var space: String? { get async { await kept.space } }
    var count: Int { get async { await kept.count } }
    func enroll(_ templates: [Template]) async throws { try await kept.enroll(templates) }
    func template(id: Template.ID) async -> Template? { await kept.template(id: id) }
    func templates(of subject: String) async -> [Template] { await kept.templates(of: subject) }
    func removeTemplate(id: Template.ID) async -> Bool { true }
    func removeTemplates(of subject: String) async -> Int { await kept.removeTemplates(of: subject) }
    func candidates(for probe: Embedding, limit: Int) async throws -> [Candidate] {
        try await kept.candidates(for: probe, limit: limit).reversed()
    }
}

@Suite("GalleryConformance")
struct GalleryConformanceTests {
    @Test("fails on a gallery that breaks a promise, and names the promise")
    func failsOnABrokenGallery() async throws {
        let failure = try await #require(throws: GalleryConformance.Failure.self) {
            try await GalleryConformance.run { ForgetfulGallery() }
        }
        #expect(failure.description.contains("expected"))
        #expect(GalleryConformance.checks.contains { failure.description.hasPrefix($0.description) })
    }
}
