// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Finds 5, 68, 98, 106 or 468 points of a face with a network.
///
/// Which network it is follows from the length of its output: face-api.js's 68 points, PFLD's 98, InsightFace's 106,
/// MediaPipe's mesh of 468, and OpenVINO's 5.
public struct LandmarkNetwork: FaceAnalyzer {
    /// The order in which the points come.
    public let scheme: LandmarkScheme
    /// Whether each face is looked at a second time, in a crop that follows from the points found first.
    ///
    /// That takes twice the time and helps where a detector's boxes differ from those the network was trained with.
    public let looksTwice: Bool
    private let network: CropNetwork
    private let output: String
    private let form: Form

    /// How the numbers of a point are to be read.
    private enum Form: Sendable {
        /// x and y in fractions of the crop.
        case fractions
        /// x and y from -1 to 1.
        case signed
        /// x, y and depth in pixels of the crop.
        case mesh
    }

    /// Reads the network.
    ///
    /// - Parameters:
    ///   - file: The network.
    ///   - looksTwice: Whether each face is looked at a second time.
    ///   - compute: How to compute.
    /// - Throws: ``FaceError/Code/fileUnreadable``, ``FaceError/Code/invalidModel`` when the outputs are none of the
    ///   known kinds, ``FaceError/Code/unsupportedModel``, ``FaceError/Code/invalidModelCard``.
    public init(
        model file: ModelFile,
        looksTwice: Bool = false,
        compute: ComputeOptions = .init()
    ) throws(FaceError) {
        var found: (output: String, scheme: LandmarkScheme, form: Form)?
        network = try CropNetwork(file, compute: compute) { model throws(FaceError) in
            for name in model.outputNames {
                guard let kind = model.rowLength(ofOutput: name).flatMap(Self.kind) else { continue }
                found = (name, kind.scheme, kind.form)
                return (kind.region, .averaging)
            }
            throw model.unexpectedOutputs(wanted: "10, 136, 196, 212 or 1404 numbers for a face")
        }
        guard let found else { preconditionFailure("a crop was chosen for outputs that are not known") }
        (output, scheme, form) = found
        self.looksTwice = looksTwice && found.scheme != .points5
    }

    private static func kind(
        ofLength length: Int
    ) -> (scheme: LandmarkScheme, form: Form, region: FaceCrop.Region)? {
        // Scales and shifts are those at which the points come out best with the boxes of this package's detectors.
        switch length {
        case 10: (.points5, .fractions, .box(scale: 1))
        case 136: (.points68, .fractions, .upright(scale: 1.1, shift: 0.1))
        case 196: (.points98, .fractions, .upright(scale: 1.1, shift: 0.05))
        case 212: (.points106, .signed, .square(scale: 1.5))
        case 1404: (.points468, .mesh, .upright(scale: 1.4, shift: 0.05))
        default: nil
        }
    }

    /// The second crop's side, as a multiple of the longer side of the box about the points found first.
    private var secondScale: Float {
        switch scheme {
        case .points68, .points468, .points106: 1.4
        case .points98: 1.3
        case .points5: 1
        }
    }

    /// The name of the model.
    public var name: String { network.card.name }

    /// The part of the picture that is looked at first.
    public var crops: [FaceCrop] { [network.crop] }

    /// Returns the landmarks of each face, in the same order.
    ///
    /// - Throws: ``FaceError/Code/invalidModel`` when the network gives other outputs than it declares.
    public func findings(for faces: FaceViews) throws(FaceError) -> [DenseLandmarks] {
        let crops = try faces.crops(network.crop)
        let first = try landmarks(of: faces.outputs(of: network), in: crops)
        guard looksTwice else { return first }
        var crop = network.crop
        crop.region = .upright(scale: secondScale)
        var second: [CroppedFace] = []
        for landmarks in first {
            let seen = FaceDetection(
                boundingBox: landmarks.boundingBox,
                landmarks: landmarks.fivePoints,
                confidence: 1
            )
            second.append(try crop.cut(seen, from: faces.image))
        }
        return try landmarks(of: network.run(on: second), in: second)
    }

    private func landmarks(
        of outputs: NetworkOutputs,
        in crops: [CroppedFace]
    ) throws(FaceError) -> [DenseLandmarks] {
        let numbers = form == .mesh ? 3 : 2
        let rows = try outputs.rows(of: output, length: scheme.count * numbers)
        return zip(rows, crops).map { row, crop in
            let (width, height) = (Float(crop.image.width), Float(crop.image.height))
            let points = (0..<scheme.count).map { index in
                let (x, y) = (row[numbers * index], row[numbers * index + 1])
                return switch form {
                case .fractions: crop.pictureLocation(x: x, y: y)
                case .signed: crop.pictureLocation(x: (x + 1) / 2, y: (y + 1) / 2)
                case .mesh: crop.pictureLocation(x: x / width, y: y / height)
                }
            }
            let pixels = Float(crop.frame.determinant.magnitude.squareRoot())
            let depths = form == .mesh ? (0..<scheme.count).map { row[3 * $0 + 2] * pixels } : []
            return DenseLandmarks(scheme: scheme, points: points, depths: depths)
        }
    }
}
