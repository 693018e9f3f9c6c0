// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation

extension GalleryConformance {
    static let pictures: [Check] = [
        Check("pictures come back byte for byte, and go with their template") { gallery in
            let pictures = [[], [0], bytes(1, seed: 1), bytes(70_000, seed: 2), bytes(3_000_000, seed: 3)]
            let enrollments = try pictures.enumerated().map { index, picture in
                Enrollment(try Template(subject: "s", embedding: axis(index)), picture: picture)
            }
            let without = try Template(subject: "s", embedding: axis(9))
            try await gallery.enroll(enrollments)
            try await gallery.enroll(without)
            try await expect(gallery.statistics.pictureCount, pictures.count)
            for (enrollment, picture) in zip(enrollments, pictures) {
                let id = enrollment.template.id
                try await expect(gallery.template(id: id)?.pictureSize, picture.count)
                try await expect(gallery.picture(of: id) == picture, true)
            }
            try await expect(gallery.template(id: without.id)?.pictureSize, nil)
            try await expect(gallery.picture(of: without.id), nil)
            try await expect(gallery.picture(of: UUID()), nil)

            try await gallery.removeTemplate(id: enrollments[3].template.id)
            try await expect(gallery.picture(of: enrollments[3].template.id), nil)
            try await expect(gallery.statistics.pictureCount, pictures.count - 1)
            try await gallery.compact()
            try await expect(gallery.statistics.awaitingErasure, 0)
            for index in [0, 1, 2, 4] {
                try await expect(gallery.picture(of: enrollments[index].template.id) == pictures[index], true)
            }
            try await gallery.removeSubject("s")
            try await expect(gallery.statistics.pictureCount, 0)
        },
        Check("a refused batch leaves no picture behind") { gallery in
            let first = Enrollment(try Template(subject: "a", embedding: axis(0)), picture: [1, 2, 3])
            try await expectError(.duplicateTemplate) { try await gallery.enroll([first, first]) }
            try await expect(gallery.statistics, GalleryStatistics())
            try await expect(gallery.picture(of: first.template.id), nil)
        },
    ]
}
