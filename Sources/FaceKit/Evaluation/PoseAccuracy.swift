// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

/// How far estimated head poses are from known ones, in degrees.
public struct PoseAccuracy: Hashable, Sendable, Encodable {
    /// Faces that were compared.
    public let faces: Int
    /// Mean absolute error of the yaw.
    public let yaw: Double
    /// Mean absolute error of the pitch.
    public let pitch: Double
    /// Mean absolute error of the roll.
    public let roll: Double
    /// Mean signed errors of yaw, pitch and roll; the sign of a convention that is wrong would show here and in
    /// ``correlations``.
    public let biases: [Double]
    /// Correlations of estimated with known yaw, pitch and roll; `nil` where an angle does not vary.
    public let correlations: [Double?]

    /// The mean of the three errors.
    public var mean: Double { (yaw + pitch + roll) / 3 }

    /// Compares poses.
    ///
    /// - Precondition: There is at least one pair.
    public init(_ pairs: [(label: HeadPose, found: HeadPose)]) {
        precondition(!pairs.isEmpty, "no face to compare")
        func angles(_ pose: HeadPose) -> [Double] {
            let degrees = pose.degrees
            return [Double(degrees.yaw), Double(degrees.pitch), Double(degrees.roll)]
        }
        let labels = pairs.map { angles($0.label) }
        let found = pairs.map { angles($0.found) }
        let count = Double(pairs.count)
        func mean(_ values: [Double]) -> Double { values.reduce(0, +) / count }
        faces = pairs.count
        let errors = (0..<3).map { axis in mean(zip(labels, found).map { abs($1[axis] - $0[axis]) }) }
        (yaw, pitch, roll) = (errors[0], errors[1], errors[2])
        biases = (0..<3).map { axis in mean(zip(labels, found).map { $1[axis] - $0[axis] }) }
        correlations = (0..<3).map { axis in
            let (a, b) = (labels.map { $0[axis] }, found.map { $0[axis] })
            let (meanA, meanB) = (mean(a), mean(b))
            let covariance = mean(zip(a, b).map { ($0 - meanA) * ($1 - meanB) })
            let variance = mean(a.map { ($0 - meanA) * ($0 - meanA) }) * mean(b.map { ($0 - meanB) * ($0 - meanB) })
            return variance > 0 ? covariance / variance.squareRoot() : nil
        }
    }
}

extension LabelledFaces where Label == HeadPose {
    /// Reads a comma-separated file with the columns `file`, `yaw_deg`, `pitch_deg`, `roll_deg` in the convention of
    /// ``HeadPose``, and `fit_residual` where poses are themselves fitted.
    ///
    /// - Parameters:
    ///   - path: The file; names of pictures start from its folder.
    ///   - largestResidual: Faces whose pose was fitted worse are left out.
    /// - Throws: ``FaceError/Code/fileUnreadable`` or ``FaceError/Code/invalidEvaluationData`` with what was wrong.
    public init(poses path: String, largestResidual: Double = 0.1) throws(FaceError) {
        let table = try LabelTable(contentsOf: path, columns: ["file", "yaw_deg", "pitch_deg", "roll_deg"])
        let rows = try table.map { row throws(FaceError) -> (file: String, label: HeadPose)? in
            if !row.text("fit_residual").isEmpty, try row.number("fit_residual") > largestResidual { return nil }
            return (
                row.text("file"),
                HeadPose(
                    degreesYaw: Float(try row.number("yaw_deg")),
                    pitch: Float(try row.number("pitch_deg")),
                    roll: Float(try row.number("roll_deg"))
                )
            )
        }
        self.init(
            folder: URL(fileURLWithPath: path).deletingLastPathComponent().path,
            pictures: rows.compactMap(\.self)
        )
    }
}
