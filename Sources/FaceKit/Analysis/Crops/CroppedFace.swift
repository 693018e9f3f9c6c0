// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

/// A part of a picture about a face, and where it was.
public struct CroppedFace: Hashable, Sendable {
    /// What is seen; black where the picture does not reach.
    public let image: Image
    /// Where a place in the crop lies in the picture.
    ///
    /// Both sides count pixels from the outer edge of the first one, so (0, 0) is the corner of the crop, and its last
    /// pixel ends at its width.
    public let frame: AffineTransform2x3

    /// Pairs a crop with its place.
    public init(image: Image, frame: AffineTransform2x3) {
        self.image = image
        self.frame = frame
    }

    /// How far the crop is turned against the picture, in radians; positive is clockwise as seen in the picture.
    public var rotation: Float { frame.rotation }

    /// Where a place in the crop, given in fractions of its sides, lies in the picture.
    public func pictureLocation(x: Float, y: Float) -> Point {
        frame.applied(to: Point(x: x * Float(image.width), y: y * Float(image.height)))
    }
}

extension AffineTransform2x3 {
    /// The direction that the x axis takes, in radians; positive is clockwise on a screen.
    var rotation: Float { Float(atan2(c, a)) }
}
