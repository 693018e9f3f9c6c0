// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// The mean of several estimates of the head pose, such as of the two FSA-Nets whose author averages them.
public struct MeanPose: FaceAnalyzer {
    /// What is averaged.
    public let estimators: [any FaceAnalyzer<HeadPose>]

    /// Creates a stage from others.
    ///
    /// - Precondition: There is at least one.
    public init(of estimators: [any FaceAnalyzer<HeadPose>]) {
        precondition(!estimators.isEmpty, "the mean of no estimates is not defined")
        self.estimators = estimators
    }

    /// The names of the estimators, joined by `+`.
    public var name: String { estimators.map(\.name).joined(separator: "+") }

    /// The parts of the picture that are looked at.
    public var crops: [FaceCrop] { estimators.flatMap(\.crops) }

    /// Returns the pose of each face, in the same order.
    public func findings(for faces: FaceViews) throws -> [HeadPose] {
        let all = try estimators.map { try $0.findings(for: faces) }
        let share = 1 / Float(all.count)
        return faces.detections.indices.map { face in
            all.reduce(HeadPose(yaw: 0, pitch: 0, roll: 0)) { sum, poses in
                HeadPose(
                    yaw: sum.yaw + poses[face].yaw * share,
                    pitch: sum.pitch + poses[face].pitch * share,
                    roll: sum.roll + poses[face].roll * share
                )
            }
        }
    }
}
