// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference

/// The faces of one picture, as the stages of an analysis look at them.
///
/// Crops are cut and networks are run when they are first asked for, and kept: two stages that want the same crop, or
/// the same network's answer, share it. An object belongs to one analysis of one picture on one thread.
public final class FaceViews {
    /// The whole picture.
    public let image: Image
    /// The faces in it.
    public let detections: [FaceDetection]
    private var crops: [FaceCrop: [CroppedFace]] = [:]
    private var outputs: [CropNetwork.Identity: NetworkOutputs] = [:]

    /// Looks at faces that were found before.
    public init(of detections: [FaceDetection], in image: Image) {
        self.detections = detections
        self.image = image
    }

    /// Returns the crop of each face, in the order of the detections.
    ///
    /// - Throws: What ``FaceCrop/cut(_:from:)`` throws for the first face that cannot be shown so.
    public func crops(_ crop: FaceCrop) throws(FaceError) -> [CroppedFace] {
        if let known = crops[crop] { return known }
        var made: [CroppedFace] = []
        for detection in detections { made.append(try crop.cut(detection, from: image)) }
        crops[crop] = made
        return made
    }

    /// Returns what a network says of each face.
    func outputs(of network: CropNetwork) throws(FaceError) -> NetworkOutputs {
        if let known = outputs[network.identity] { return known }
        let made = try network.run(on: crops(network.crop))
        outputs[network.identity] = made
        return made
    }
}
