// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// How the stored rows and columns must be turned for the picture to be upright; raw values are EXIF's 1 to 8.
public enum ImageOrientation: Int, Hashable, Sendable, CaseIterable {
    /// Stored upright.
    case up = 1
    /// Mirrored left to right.
    case upMirrored = 2
    /// Turned by half a circle.
    case down = 3
    /// Mirrored top to bottom.
    case downMirrored = 4
    /// Rows and columns exchanged.
    case leftMirrored = 5
    /// To be turned clockwise by a quarter of a circle.
    case right = 6
    /// Rows and columns exchanged across the other diagonal.
    case rightMirrored = 7
    /// To be turned counterclockwise by a quarter of a circle.
    case left = 8

    /// Whether making the picture upright exchanges its width and height.
    public var exchangesSides: Bool { rawValue >= ImageOrientation.leftMirrored.rawValue }
}
