// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

/// Which way a head is turned, as seen in the picture, in radians.
///
/// One convention holds for every network and method, that of Hopenet and of the 300W-LP and AFLW2000-3D data sets:
/// - ``yaw`` is positive when the face looks towards the left edge of the picture, the subject's own right;
/// - ``pitch`` is positive when it looks up;
/// - ``roll`` is positive when the head is tilted clockwise as seen in the picture, so that the line from the eye at the
///   left of the picture to the other falls.
///
/// Zero is a face that looks straight into the camera. The rotation is first the roll, then the yaw, then the pitch.
public struct HeadPose: Hashable, Sendable {
    /// Turned to a side; positive towards the left edge of the picture.
    public var yaw: Float
    /// Turned up or down; positive up.
    public var pitch: Float
    /// Tilted towards a shoulder; positive clockwise as seen in the picture.
    public var roll: Float

    /// Creates a pose from angles in radians.
    public init(yaw: Float, pitch: Float, roll: Float) {
        self.yaw = yaw
        self.pitch = pitch
        self.roll = roll
    }

    /// Creates a pose from angles in degrees.
    public init(degreesYaw yaw: Float, pitch: Float, roll: Float) {
        self.init(yaw: yaw * .pi / 180, pitch: pitch * .pi / 180, roll: roll * .pi / 180)
    }

    /// The angles in degrees.
    public var degrees: (yaw: Float, pitch: Float, roll: Float) {
        (yaw * 180 / .pi, pitch * 180 / .pi, roll * 180 / .pi)
    }

    /// Where the directions of the head point in the picture, as vectors of unit length seen along the line of sight; x
    /// to the right, y down.
    public var axes: Axes {
        let (sinYaw, cosYaw) = (sin(-yaw), cos(yaw))
        let (sinPitch, cosPitch) = (sin(pitch), cos(pitch))
        let (sinRoll, cosRoll) = (sin(roll), cos(roll))
        return Axes(
            left: Point(x: cosYaw * cosRoll, y: cosPitch * sinRoll + sinPitch * sinYaw * cosRoll),
            down: Point(x: -cosYaw * sinRoll, y: cosPitch * cosRoll - sinPitch * sinYaw * sinRoll),
            front: Point(x: sinYaw, y: -sinPitch * cosYaw)
        )
    }

    /// The directions of a head, seen in the picture.
    public struct Axes: Hashable, Sendable {
        /// Towards the subject's left ear.
        public var left: Point
        /// Towards the chin.
        public var down: Point
        /// Out of the nose.
        public var front: Point
    }
}
