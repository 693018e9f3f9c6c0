// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// How well a detector finds annotated faces: average precision, for all of them and by their height.
///
/// A detection is right when its intersection over union with a face that no better detection took is at least 0.5.
/// Detections of ignored faces, and of faces of another height class, count neither way; so do, within a class, false
/// ones of another height. Average precision is the area under the envelope of precision over recall, as in the later
/// PASCAL VOC challenges.
public struct DetectionAccuracy: Hashable, Sendable {
    /// The result for one height class.
    public struct HeightClass: Hashable, Sendable {
        /// The name, such as `10-20`.
        public let name: String
        /// Average precision in 0...1; `nil` when there is no face of the class.
        public let averagePrecision: Double?
        /// How many faces there are to be found.
        public let faces: Int
    }

    /// All faces first, then by rising height.
    public let classes: [HeightClass]

    private static let heights: [(name: String, range: Range<Double>)] = [
        ("all", 0..<1e9), ("h<10", 0..<10), ("10-20", 10..<20), ("20-40", 20..<40), ("40-80", 40..<80),
        (">=80", 80..<1e9),
    ]

    /// Evaluates detections.
    ///
    /// - Precondition: There is one list of detections for each picture.
    public init(of detections: [[FaceDetection]], on annotations: DetectionAnnotations) {
        precondition(detections.count == annotations.pictures.count, "every picture needs its detections")
        let pictures = zip(annotations.pictures, detections).map { Picture(annotated: $0.faces, detected: $1) }
        classes = Self.heights.map { name, heights in
            let faces = pictures.reduce(0) { $0 + $1.faces.count { $0.counts(in: heights) } }
            let judgements = pictures.flatMap { $0.judgements(in: heights) }
            return HeightClass(
                name: name,
                averagePrecision: faces > 0 ? Self.averagePrecision(of: judgements, faces: faces) : nil,
                faces: faces
            )
        }
    }

    private static func averagePrecision(of judgements: [Judgement], faces: Int) -> Double {
        let order = judgements.indices.sorted { one, other in
            (-judgements[one].confidence, one) < (-judgements[other].confidence, other)
        }
        var right = 0
        var curve: [(recall: Double, precision: Double)] = []
        for (position, index) in order.enumerated() {
            right += judgements[index].isRight ? 1 : 0
            curve.append((Double(right) / Double(faces), Double(right) / Double(position + 1)))
        }
        // From the end, so that each point gets the best precision of all that reach further.
        var (area, best, recall) = (0.0, 0.0, curve.last?.recall ?? 0)
        for point in curve.reversed() {
            area += (recall - point.recall) * best
            (best, recall) = (max(best, point.precision), point.recall)
        }
        return area + recall * best
    }

    /// What a detection that counts turned out to be.
    private struct Judgement {
        var confidence: Float
        var isRight: Bool
    }

    /// One picture with its detections by falling confidence and, for each, the faces that overlap enough, best first.
    private struct Picture {
        let faces: [DetectionAnnotations.Face]
        private let detections: [(height: Double, confidence: Float, overlapping: [Int])]

        init(annotated faces: [DetectionAnnotations.Face], detected: [FaceDetection]) {
            self.faces = faces
            let order = detected.indices.sorted { one, other in
                (-detected[one].confidence, one) < (-detected[other].confidence, other)
            }
            detections = order.map { index in
                let box = detected[index].boundingBox
                let overlaps = faces.map { $0.intersectionOverUnion(with: box) }
                let overlapping = faces.indices.filter { overlaps[$0] >= 0.5 }
                    .sorted { (-overlaps[$0], $0) < (-overlaps[$1], $1) }
                return (Double(box.maxY) - Double(box.y), detected[index].confidence, overlapping)
            }
        }

        func judgements(in heights: Range<Double>) -> [Judgement] {
            var taken = Set<Int>()
            return detections.compactMap { detection in
                if let face = detection.overlapping.first(where: {
                    faces[$0].counts(in: heights) && !taken.contains($0)
                }) {
                    taken.insert(face)
                    return Judgement(confidence: detection.confidence, isRight: true)
                }
                let isIgnored = detection.overlapping.contains { !faces[$0].counts(in: heights) }
                guard !isIgnored, heights.contains(detection.height) else { return nil }
                return Judgement(confidence: detection.confidence, isRight: false)
            }
        }
    }
}

extension DetectionAnnotations.Face {
    fileprivate func counts(in heights: Range<Double>) -> Bool { !isIgnored && heights.contains(height) }

    func intersectionOverUnion(with box: BoundingBox) -> Double {
        let (boxLeft, boxTop, boxRight, boxBottom) = (
            Double(box.x), Double(box.y), Double(box.maxX), Double(box.maxY)
        )
        let width = max(0, min(right, boxRight) - max(left, boxLeft))
        let height = max(0, min(bottom, boxBottom) - max(top, boxTop))
        let shared = width * height
        let areas = (right - left) * (bottom - top) + (boxRight - boxLeft) * (boxBottom - boxTop)
        return shared / max(areas - shared, 1e-9)
    }
}

extension DetectionAccuracy: Encodable {
    private struct ClassName: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private enum ResultKeys: String, CodingKey {
        case averagePrecision = "ap"
        case faces
    }

    /// Encodes an object with a key for each class, such as `"all": {"ap": 0.5, "faces": 12}`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: ClassName.self)
        for item in classes {
            var result = container.nestedContainer(
                keyedBy: ResultKeys.self,
                forKey: ClassName(stringValue: item.name)
            )
            try result.encode(item.averagePrecision, forKey: .averagePrecision)
            try result.encode(item.faces, forKey: .faces)
        }
    }
}
