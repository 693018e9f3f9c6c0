// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

/// Estimates the head pose with a network.
///
/// Which network it is follows from its outputs: three times 66 bins (Hopenet and its kin), three angles in one output
/// (FSA-Net), three outputs of one angle (OpenVINO's head-pose-estimation-adas-0001), or the 62 parameters of 3DDFA.
public struct PoseNetwork: FaceAnalyzer {
    private let network: CropNetwork
    private let form: Form

    /// How the outputs are to be read.
    private enum Form: Sendable {
        /// Logits over bins of three degrees, the first of which stands for `firstBin` degrees.
        case bins(yaw: String, pitch: String, roll: String, firstBin: Float)
        /// Yaw, pitch and roll in degrees, with the signs of ``HeadPose``.
        case angles(String)
        /// Degrees, with yaw and pitch of the opposite sign.
        case adas
        /// The first twelve numbers are a projection, three rows of four.
        case morphableModel(String)
    }

    private static let binCount = 66
    private static let adasOutputs = ["angle_y_fc", "angle_p_fc", "angle_r_fc"]

    /// Reads the network.
    ///
    /// - Throws: ``FaceError/Code/fileUnreadable``, ``FaceError/Code/invalidModel`` when the outputs are none of the
    ///   known kinds, ``FaceError/Code/unsupportedModel``, ``FaceError/Code/invalidModelCard``.
    public init(model file: ModelFile, compute: ComputeOptions = .init()) throws(FaceError) {
        var found: Form?
        network = try CropNetwork(file, compute: compute) { model throws(FaceError) in
            let names = model.outputNames
            let lengths = names.map(model.rowLength(ofOutput:))
            // Regions are those of the networks' cards, where those serve with the boxes of this package's detectors.
            if names.count == 3, lengths.allSatisfy({ $0 == Self.binCount }) {
                let isNamed = ["yaw", "pitch", "roll"].allSatisfy(names.contains)
                found = .bins(
                    yaw: isNamed ? "yaw" : names[0],
                    pitch: isNamed ? "pitch" : names[1],
                    roll: isNamed ? "roll" : names[2],
                    // The middle of the first bin; Hopenet's own files count from its edge.
                    firstBin: isNamed ? -97.5 : -99
                )
                return (.square(scale: 1.2), .averaging)
            }
            if Self.adasOutputs.allSatisfy(names.contains) {
                found = .adas
                return (.square(scale: 1.1), .averaging)
            }
            if let index = lengths.firstIndex(of: 62) {
                found = .morphableModel(names[index])
                return (.square(scale: 1.4, shift: 0.1, of: .meanSide), .averaging)
            }
            if let index = lengths.firstIndex(of: 3) {
                found = .angles(names[index])
                return (.square(scale: 1.3), .averaging)
            }
            throw model.unexpectedOutputs(
                wanted: "3 × 66 bins, 3 angles, \(Self.adasOutputs.joined(separator: ", ")), or 62 parameters"
            )
        }
        guard let found else { preconditionFailure("a crop was chosen for outputs that are not known") }
        form = found
    }

    /// The name of the model.
    public var name: String { network.card.name }

    /// The part of the picture that is looked at.
    public var crops: [FaceCrop] { [network.crop] }

    /// Returns the pose of each face, in the same order.
    ///
    /// - Throws: ``FaceError/Code/invalidModel`` when the network gives other outputs than it declares.
    public func findings(for faces: FaceViews) throws(FaceError) -> [HeadPose] {
        let outputs = try faces.outputs(of: network)
        switch form {
        case .bins(let yaw, let pitch, let roll, let firstBin):
            func expected(_ name: String) throws(FaceError) -> [Float] {
                try outputs.rows(of: name, length: Self.binCount).map { Self.expectation(of: $0, firstBin: firstBin) }
            }
            let (yaws, pitches, rolls) = (try expected(yaw), try expected(pitch), try expected(roll))
            return yaws.indices.map { HeadPose(degreesYaw: yaws[$0], pitch: pitches[$0], roll: rolls[$0]) }
        case .angles(let name):
            return try outputs.rows(of: name, length: 3).map { HeadPose(degreesYaw: $0[0], pitch: $0[1], roll: $0[2]) }
        case .adas:
            var angles: [[[Float]]] = []
            for name in Self.adasOutputs { angles.append(try outputs.rows(of: name, length: 1)) }
            return angles[0].indices.map {
                HeadPose(degreesYaw: -angles[0][$0][0], pitch: -angles[1][$0][0], roll: angles[2][$0][0])
            }
        case .morphableModel(let name):
            return try outputs.rows(of: name, length: 62).map(Self.pose(ofProjection:))
        }
    }

    /// The mean angle in degrees under the softmax of logits.
    private static func expectation(of logits: [Float], firstBin: Float) -> Float {
        let weights = logits.softmax()
        return zip(weights, 0...).reduce(0) { $0 + $1.0 * (firstBin + 3 * Float($1.1)) }
    }

    /// The rotation in a 3×4 projection, row by row, whose z axis points towards the camera and whose y axis points up.
    ///
    /// Pitch and roll come out with the sign opposite to that of ``HeadPose``.
    private static func pose(ofProjection row: [Float]) -> HeadPose {
        let first = SIMD3(row[0], row[1], row[2]).unit
        let second = SIMD3(row[4], row[5], row[6]).unit
        let third = SIMD3(
            first.y * second.z - first.z * second.y,
            first.z * second.x - first.x * second.z,
            first.x * second.y - first.y * second.x
        )
        return HeadPose(
            yaw: asin(min(max(third.x, -1), 1)),
            pitch: -atan2(third.y, third.z),
            roll: -atan2(second.x, first.x)
        )
    }
}

extension SIMD3<Float> {
    /// The vector at length 1; one without length stays as it is.
    var unit: Self {
        let length = (self * self).sum().squareRoot()
        return length > 0 ? self / length : self
    }
}

extension [Float] {
    /// Shares that add up to 1.
    func softmax() -> [Float] {
        let largest = self.max() ?? 0
        let powers = map { exp($0 - largest) }
        let sum = powers.reduce(0, +)
        return powers.map { $0 / sum }
    }
}
