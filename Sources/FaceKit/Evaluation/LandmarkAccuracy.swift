// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

/// How far landmarks lie from where people placed them.
public struct LandmarkAccuracy: Hashable, Sendable, Encodable {
    /// Faces that were compared.
    public let faces: Int
    /// Mean distance over all points and faces, as a share of the distance between the outer corners of the eyes.
    public let meanError: Double
    /// The median over faces of their mean distances.
    public let medianError: Double
    /// The same without the jaw, whose points lie anywhere along an edge.
    public let innerMeanError: Double
    /// Mean distances by part of the face.
    public let partErrors: [Part]
    /// The share of faces whose mean distance is above 0.1.
    public let failureRate: Double
    /// How far all points lie to the right of and below the labels on average, as shares of the same distance: an error
    /// that all networks share is one of the labels.
    public let meanOffset: [Double]

    /// A part of the face.
    public struct Part: Hashable, Sendable, Encodable {
        /// Its name.
        public let name: String
        /// The mean distance of its points.
        public let meanError: Double

        private enum CodingKeys: String, CodingKey {
            case name
            case meanError = "mean_error"
        }
    }

    private enum CodingKeys: String, CodingKey {
        case faces
        case meanError = "mean_error"
        case medianError = "median_error"
        case innerMeanError = "inner_mean_error"
        case partErrors = "part_errors"
        case failureRate = "failure_rate"
        case meanOffset = "mean_offset"
    }

    private static let parts: [(String, Range<Int>)] = [
        ("jaw", 0..<17), ("brows", 17..<27), ("nose", 27..<36), ("eyes", 36..<48), ("mouth", 48..<68),
    ]

    /// Compares points in the order of 300-W.
    ///
    /// - Precondition: Both sides of a pair have 68 points, and there is at least one pair.
    public init(_ pairs: [(label: [Point], found: [Point])]) {
        precondition(!pairs.isEmpty, "no face to compare")
        var errors: [[Double]] = []
        var offset = (0.0, 0.0)
        for pair in pairs {
            precondition(pair.label.count == 68 && pair.found.count == 68, "68 points are compared")
            let (right, left) = (pair.label[36], pair.label[45])
            let unit = Double(hypot(left.x - right.x, left.y - right.y))
            errors.append(
                zip(pair.label, pair.found).map { Double(hypot($1.x - $0.x, $1.y - $0.y)) / unit }
            )
            for (label, found) in zip(pair.label, pair.found) {
                offset.0 += Double(found.x - label.x) / unit
                offset.1 += Double(found.y - label.y) / unit
            }
        }
        func mean(_ points: Range<Int>) -> Double {
            errors.reduce(0) { $0 + $1[points].reduce(0, +) } / Double(errors.count * points.count)
        }
        let means = errors.map { $0.reduce(0, +) / 68 }.sorted()
        faces = pairs.count
        meanError = mean(0..<68)
        medianError = means[means.count / 2]
        innerMeanError = mean(17..<68)
        partErrors = Self.parts.map { Part(name: $0.0, meanError: mean($0.1)) }
        failureRate = Double(means.count { $0 > 0.1 }) / Double(means.count)
        meanOffset = [offset.0, offset.1].map { $0 / Double(68 * pairs.count) }
    }
}

extension LabelledFaces where Label == [Point] {
    /// Reads `landmarks68.json` of a folder: an object from file names to lists of 68 pairs [x, y].
    ///
    /// - Throws: ``FaceError/Code/fileUnreadable`` or ``FaceError/Code/invalidEvaluationData`` with what was wrong.
    public init(landmarksIn folder: String) throws(FaceError) {
        let path = folder + "/landmarks68.json"
        let stored: [String: [[Float]]]
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw FaceError(.fileUnreadable, "the landmarks \(path) cannot be read", cause: error)
        }
        do {
            stored = try JSONDecoder().decode([String: [[Float]]].self, from: data)
        } catch {
            throw FaceError(.invalidEvaluationData, "the landmarks \(path) are not usable", cause: error)
        }
        var pictures: [(String, [Point])] = []
        for (file, points) in stored.sorted(by: { $0.key < $1.key }) {
            guard points.count == 68, points.allSatisfy({ $0.count == 2 }) else {
                throw FaceError(
                    .invalidEvaluationData,
                    "the landmarks \(path) give \(file) \(points.count) points, wanted are 68 pairs [x, y]"
                )
            }
            pictures.append((file, points.map { Point(x: $0[0], y: $0[1]) }))
        }
        self.init(folder: folder, pictures: pictures)
    }
}
