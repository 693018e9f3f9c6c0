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
        try await check.run { MemoryGallery(configuration: $0) }
    }

    @Test("a store of galleries in memory keeps what every store promises")
    func store() async throws {
        try await GalleryStoreConformance.run(MemoryGalleryStore())
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
            #expect(try await gallery.template(id: template.id) == template)
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
