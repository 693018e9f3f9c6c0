// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation

extension GalleryConformance {
    static let concurrency: [Check] = [
        Check("readers and writers at once lose nothing") { gallery in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<4 {
                    group.addTask {
                        for index in 0..<25 {
                            let template = try Template(subject: "w\(writer)", embedding: axis(index % dimension))
                            try await gallery.enroll(template)
                            if index % 5 == 4 { try await gallery.removeTemplate(id: template.id) }
                        }
                    }
                }
                for reader in 0..<4 {
                    group.addTask {
                        for _ in 0..<25 { _ = try await gallery.candidates(for: axis(reader), limit: 5) }
                    }
                }
                try await group.waitForAll()
            }
            try await expect(gallery.count, 80)
            for writer in 0..<4 { try await expect(gallery.templates(of: "w\(writer)").count, 20) }
        }
    ]
}
