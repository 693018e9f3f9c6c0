// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Whether each eye of a face is open.
public struct EyeStates: Hashable, Sendable {
    /// The subject's right eye.
    public var right: Judgement<EyeState>
    /// The subject's left eye.
    public var left: Judgement<EyeState>

    /// Pairs the states of both eyes.
    public init(right: Judgement<EyeState>, left: Judgement<EyeState>) {
        self.right = right
        self.left = left
    }
}

/// Tells open from closed eyes with OpenVINO's open-closed-eye-0001, of whose two classes the first is closed.
public struct EyeStateNetwork: FaceAnalyzer {
    /// The side of the square about an eye, in distances between the eyes.
    private static let scale: Float = 0.6
    private let rightEye: CropNetwork
    private let leftEye: CropNetwork
    private let output: String

    /// Reads the network.
    ///
    /// - Throws: ``FaceError/Code/fileUnreadable``, ``FaceError/Code/invalidModel`` when no output has two classes,
    ///   ``FaceError/Code/unsupportedModel``, ``FaceError/Code/invalidModelCard``.
    public init(model file: ModelFile, compute: ComputeOptions = .init()) throws(FaceError) {
        var found = ""
        rightEye = try CropNetwork(file, compute: compute) { model throws(FaceError) in
            guard let name = model.outputNames.first(where: { model.rowLength(ofOutput: $0) == 2 }) else {
                throw model.unexpectedOutputs(wanted: "2 probabilities")
            }
            found = name
            return (.eye(.right, scale: Self.scale), .averaging)
        }
        leftEye = rightEye.looking(at: .eye(.left, scale: Self.scale))
        output = found
    }

    /// The name of the model.
    public var name: String { rightEye.card.name }

    /// The parts of the picture that are looked at.
    public var crops: [FaceCrop] { [rightEye.crop, leftEye.crop] }

    /// Returns the eyes of each face, in the same order.
    ///
    /// - Throws: ``FaceError/Code/missingLandmarks`` when a detection has none,
    ///   ``FaceError/Code/invalidModel`` when the network gives other outputs than it declares.
    public func findings(for faces: FaceViews) throws(FaceError) -> [EyeStates] {
        let right = try faces.outputs(of: rightEye).rows(of: output, length: 2)
        let left = try faces.outputs(of: leftEye).rows(of: output, length: 2)
        return zip(right, left).map { right, left in
            EyeStates(
                right: Judgement([(.closed, right[0]), (.open, right[1])]),
                left: Judgement([(.closed, left[0]), (.open, left[1])])
            )
        }
    }
}
