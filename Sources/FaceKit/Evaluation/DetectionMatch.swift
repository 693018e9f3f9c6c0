// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Which detections of a picture are of which annotated faces.
///
/// By falling confidence each detection takes the face that it overlaps most, of those that overlap by at least one half
/// (intersection over union) and that no other took.
package struct DetectionMatch: Sendable {
    /// Of each face that was found, ignored ones too, the index of its detection.
    package private(set) var detections: [Int: Int] = [:]
    /// The indices of the detections that are of no annotated face.
    package private(set) var unmatched: [Int] = []

    /// Matches detections with the faces of the same picture.
    package init(of detected: [FaceDetection], on faces: [DetectionAnnotations.Face]) {
        let order = detected.indices.sorted { (-detected[$0].confidence, $0) < (-detected[$1].confidence, $1) }
        for index in order {
            let overlaps = faces.map { $0.intersectionOverUnion(with: detected[index].boundingBox) }
            let free = faces.indices.filter { overlaps[$0] >= 0.5 && detections[$0] == nil }
            if let best = free.max(by: { overlaps[$0] < overlaps[$1] }) {
                detections[best] = index
            } else {
                unmatched.append(index)
            }
        }
    }
}
