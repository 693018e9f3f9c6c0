// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// A picture made smaller with a black margin around it, so that a face that fills the frame has the size and the
/// surroundings that detectors were trained with; and the way back.
struct CloseUp: Sendable {
    /// The smaller picture with its margin.
    let picture: Image
    private let placement: InputPlacement

    /// Takes half the size of `whole`, or of what is left of it when its longer side is brought to `maximumSide`, and
    /// adds a quarter of the former sides all around.
    init(of whole: SearchedPicture, maximumSide: Int) throws(FaceError) {
        let scale = min(1, Double(maximumSide) / Double(max(whole.width, whole.height))) / 2
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
