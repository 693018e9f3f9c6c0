// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation

extension GalleryConformance {
    static let filters: [Check] = [
        Check("several probes get the answers that each gets by itself") { gallery in
            var random = SeededGenerator(seed: 5)
            try await gallery.enroll(
                (0..<120).map { try Template(subject: "s\($0 % 40)", embedding: randomEmbedding(&random)) }
            )
            let probes = try (0..<17).map { _ in try randomEmbedding(&random) }
            for ranking in [SearchOptions.Ranking.templates, .subjects] {
                let options = SearchOptions(limit: 7, ranking: ranking)
                let together = try await gallery.candidates(for: probes, options)
                try expect(together.count, probes.count)
                for (probe, candidates) in zip(probes, together) {
                    try await expect(gallery.candidates(for: probe, options), candidates)
                }
            }
            try await expect(gallery.candidates(for: [], SearchOptions(limit: 3)), [])
        },
        Check("a subject counts with its most similar template") { gallery in
            var random = SeededGenerator(seed: 6)
            let templates = try (0..<200).map {
                try Template(subject: "s\($0 % 9)", embedding: randomEmbedding(&random))
            }
            try await gallery.enroll(templates)
            for _ in 0..<10 {
                let probe = try randomEmbedding(&random)
                var best: [String: (template: Template, cosine: Double)] = [:]
                for template in templates {
                    let cosine = cosine(probe, template.embedding)
                    if cosine > best[template.subject]?.cosine ?? -2 { best[template.subject] = (template, cosine) }
                }
                let expected = best.values.sorted { $0.cosine > $1.cosine }.map(\.template)
                for limit in [1, 4, 9, 20] {
                    try await expect(
                        gallery.candidates(for: probe, SearchOptions(limit: limit, ranking: .subjects)).map(\.template),
                        Array(expected.prefix(limit))
                    )
                }
            }
        },
        Check("candidates below the threshold are left out, those at it are not") { gallery in
            let vectors: [[Float]] = [[1, 0], [0, 1], [3, 4], [-1, 0]]
            for (index, vector) in vectors.enumerated() {
                try await gallery.enroll(
                    Template(subject: "s\(index)", embedding: Embedding(space: space, normalizing: vector))
                )
            }
            let probe = try Embedding(space: space, normalizing: [1, 0])
            for (threshold, count): (Float, Int) in [(1, 1), (0.6, 2), (0.61, 1), (0, 3), (-1, 4), (1.5, 0)] {
                for ranking in [SearchOptions.Ranking.templates, .subjects] {
                    let options = SearchOptions(
                        limit: 10,
                        ranking: ranking,
                        threshold: Similarity(rawValue: threshold)
                    )
                    try await expect(gallery.candidates(for: probe, options).count, count)
                }
            }
        },
        Check("a filter by subject or metadata is searched as if there were nothing else") { gallery in
            var random = SeededGenerator(seed: 8)
            let templates = try (0..<150).map { index in
                try Template(
                    subject: "s\(index % 5)",
                    embedding: randomEmbedding(&random),
                    metadata: index % 3 == 0 ? ["site": "north", "n": .integer(Int64(index % 2))] : ["site": "south"]
                )
            }
            try await gallery.enroll(templates)
            let filters: [TemplateFilter] = [
                .subject("s2"), .init(subjects: ["s0", "s4"]), .init(subjects: []), .init(metadata: ["site": "north"]),
                .init(subjects: ["s1"], metadata: ["site": "north", "n": 1]), .init(metadata: ["site": nil]),
                .subject("nobody"),
            ]
            for filter in filters {
                let wanted = templates.filter { template in
                    (filter.subjects?.contains(template.subject) ?? true)
                        && filter.metadata.allSatisfy { template.metadata[$0.key] == $0.value }
                }
                try await expect(gallery.count(matching: filter), wanted.count)
                try await expect(gallery.templates(matching: filter, Page(limit: 1000)).templates, wanted)
                let probe = try randomEmbedding(&random)
                let expected = wanted.sorted { cosine(probe, $0.embedding) > cosine(probe, $1.embedding) }
                try await expect(
                    gallery.candidates(for: probe, SearchOptions(limit: 8, filter: filter)).map(\.template),
                    Array(expected.prefix(8))
                )
            }
        },
    ]
}
