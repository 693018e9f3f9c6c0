// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// A point in an image, in pixels from the top-left corner; y grows downwards.
///
/// The centre of the top-left pixel lies at (0, 0).
public struct Point: Hashable, Sendable {
    /// Distance from the left edge, in pixels.
    public var x: Float
    /// Distance from the top edge, in pixels.
    public var y: Float

    /// Creates a point at the given distances from the image's left and top edges.
    public init(x: Float, y: Float) {
        self.x = x
        self.y = y
    }
}
