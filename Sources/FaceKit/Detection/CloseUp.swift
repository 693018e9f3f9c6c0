// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// A picture made smaller with a black margin around it, so that a face that fills the frame has the size and the
/// surroundings that detectors were trained with; and the way back.
struct CloseUp: Sendable {
    /// The smaller picture with its margin.
    let picture: Image
    private let placement: InputPlacement

    /// Takes `share` of the size of `whole`, or of what is left of it when its longer side is brought to `maximumSide`,
    /// and adds half of the sides that it has then all around.
    init(of whole: SearchedPicture, maximumSide: Int, share: Double) throws(FaceError) {
        let scale = min(1, Double(maximumSide) / Double(max(whole.width, whole.height))) * share
        let width = max(1, Int(Double(whole.width) * scale))
        let height = max(1, Int(Double(whole.height) * scale))
        placement = try InputPlacement(
            whole,
            maximumWidth: width,
            maximumHeight: height,
            left: (width + 1) / 2,
            top: (height + 1) / 2
        )
        let content = placement.content
        picture = content.cropped(
            x: 0,
            y: 0,
            width: content.width + placement.left,
            height: content.height + placement.top
        )
    }

    /// Takes a face of the smaller picture back to the picture itself.
    func inPicture(_ detection: FaceDetection) -> FaceDetection {
        placement.inPicture(detection)
    }
}

extension CloseUp {
    /// Adds to a search what searches of smaller pictures find.
    ///
    /// Where nothing was found, pictures of a half, a quarter and an eighth of the size follow until there is a face that
    /// is large: a smaller one would have been found in the picture itself, and is mostly none.
    /// Where a large face was found that is unsure or overlaps another, which is what detectors make of the parts of a
    /// face that is too large for them, a quarter of the size follows, and faces found there take the place of those
    /// within them.
    ///
    /// - Parameters:
    ///   - faces: What the search of the picture found.
    ///   - size: Columns and rows of the picture.
    ///   - maximumSide: To which larger pictures are scaled down.
    ///   - search: Searches the close-up of a share of the size; its answers are in pixels of the picture.
    /// - Returns: Faces by falling confidence.
    /// - Throws: The error of a search.
    static func faces<Failure: Error>(
        after faces: [FaceDetection],
        size: (width: Int, height: Int),
        maximumSide: Int,
        search: (_ share: Double) throws(Failure) -> [FaceDetection]
    ) throws(Failure) -> [FaceDetection] {
        let longerSide = max(size.width, size.height)
        let searched = min(longerSide, maximumSide)
        // Of the picture that was searched, which may have been scaled down.
        let scale = Float(searched) / Float(longerSide)
        guard faces.isEmpty else {
            guard searched >= fewestPixels * 4, areSuspicious(faces.map { $0.scaled(by: scale) }) else { return faces }
            return try merged(faces, with: search(1.0 / 4))
        }
        let leastSide = min(largeFace / scale, fillingShare * Float(min(size.width, size.height)))
        for share in [1.0 / 2, 1.0 / 4, 1.0 / 8] where Double(searched) * share >= Double(fewestPixels) || share == 0.5
        {
            let found = try search(share).filter { max($0.boundingBox.width, $0.boundingBox.height) >= leastSide }
            if !found.isEmpty { return found }
        }
        return []
    }

    /// Smaller pictures show no face well enough.
    private static let fewestPixels = 40

    /// Detectors find most faces up to this side, in pixels.
    private static let largeFace: Float = 300

    /// A face of this share of the shorter side fills the frame, and detectors may miss it at any size.
    private static let fillingShare: Float = 0.6

    /// Whether faces may be parts of a larger one.
    private static func areSuspicious(_ faces: [FaceDetection]) -> Bool {
        let large = faces.filter { max($0.boundingBox.width, $0.boundingBox.height) >= 160 }
        return large.contains { face in
            face.confidence < 0.85
                || large.contains { other in
                    let smaller = min(face.boundingBox.area, other.boundingBox.area)
                    return other != face && face.boundingBox.intersectionArea(with: other.boundingBox) > 0.2 * smaller
                }
        }
    }

    /// Puts each face of a close-up in the place of faces that lie within it and are clearly smaller.
    private static func merged(_ faces: [FaceDetection], with larger: [FaceDetection]) -> [FaceDetection] {
        var kept = faces
        for face in larger {
            let box = face.boundingBox
            let count = kept.count
            kept.removeAll { part in
                part.boundingBox.area < 0.7 * box.area
                    && part.boundingBox.intersectionArea(with: box) > 0.6 * part.boundingBox.area
            }
            let isKnown = kept.contains { $0.boundingBox.intersectionOverUnion(with: box) > 0.4 }
            if kept.count < count, !isKnown { kept.append(face) }
        }
        let order = kept.indices.sorted { (-kept[$0].confidence, $0) < (-kept[$1].confidence, $1) }
        return order.map { kept[$0] }
    }
}
