// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation

extension GalleryConformance {
    static let search: [Check] = [
        Check("candidates are the most similar templates, best first, with the cosine as similarity") { gallery in
            var random = SeededGenerator(seed: 42)
            var templates = try (0..<300).map { try Template(subject: "s\($0)", embedding: randomEmbedding(&random)) }
            try await gallery.enroll(templates)
            // Removal is part of the search's story: what an index forgets to forget shows up here.
            for index in [299, 150, 0] {
                try await gallery.removeTemplate(id: templates[index].id)
                templates.remove(at: index)
            }
            for _ in 0..<20 {
                let probe = try randomEmbedding(&random)
                let exact = templates.map { (template: $0, cosine: cosine(probe, $0.embedding)) }
                    .sorted { $0.cosine > $1.cosine }
                let found = try await gallery.candidates(for: probe, limit: 10)
                try expect(found.map(\.template), exact.prefix(10).map(\.template))
                for (candidate, expected) in zip(found, exact) {
                    let difference = abs(Double(candidate.similarity.rawValue) - expected.cosine)
                    guard difference < 1e-5 else {
                        throw Failure(
                            description: "similarity \(candidate.similarity.rawValue), not \(expected.cosine)"
                        )
                    }
                }
            }
        },
        Check("of equal candidates the earlier enrolled comes first, also after removals") { gallery in
            let templates = try (0..<9).map { try Template(subject: "s\($0)", embedding: axis(0)) }
            try await gallery.enroll(templates)
            try await gallery.removeTemplate(id: templates[1].id)
            try await gallery.removeTemplate(id: templates[4].id)
            let expected = [0, 2, 3, 5, 6, 7, 8].map { templates[$0].id }
            try await expect(gallery.candidates(for: axis(0), limit: 9).map(\.template.id), expected)
            try await expect(gallery.candidates(for: axis(0), limit: 3).map(\.template.id), Array(expected.prefix(3)))
        },
        Check("similarity lies in -1...1, with the ends at equal and at opposite vectors") { gallery in
            var random = SeededGenerator(seed: 3)
            for index in 0..<50 {
                try await gallery.enroll(Template(subject: "s\(index)", embedding: randomEmbedding(&random)))
            }
            let first = try await gallery.candidates(for: axis(0), limit: 1)
            guard let probe = first.first?.template.embedding else { throw Failure(description: "no candidate") }
            let same = try await gallery.candidates(for: probe, limit: 50)
            let opposite = try Embedding(space: space, normalizing: probe.vector.map { -$0 })
            let reversed = try await gallery.candidates(for: opposite, limit: 50)
            for similarity in (same + reversed).map(\.similarity.rawValue) where !(-1...1).contains(similarity) {
                throw Failure(description: "similarity \(similarity) is outside -1...1")
            }
            guard let best = same.first, let worst = reversed.last,
                best.similarity.rawValue > 0.99999, worst.similarity.rawValue < -0.99999
            else { throw Failure(description: "equal or opposite vectors do not reach the ends of the scale") }
        },
        Check("the limit bounds the answer, whatever it is") { gallery in
            try await gallery.enroll((0..<5).map { try Template(subject: "s", embedding: axis($0)) })
            for (limit, count) in [(Int.min, 0), (-1, 0), (0, 0), (1, 1), (5, 5), (6, 5), (Int.max, 5)] {
                try await expect(gallery.candidates(for: axis(0), limit: limit).count, count)
            }
        },
    ]
}
