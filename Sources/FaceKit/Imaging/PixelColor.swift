// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// A colour of 8-bit RGB.
public struct PixelColor: Hashable, Sendable {
    /// 0...255.
    public var red: UInt8
    /// 0...255.
    public var green: UInt8
    /// 0...255.
    public var blue: UInt8

    /// Creates a colour from its channels.
    public init(red: UInt8, green: UInt8, blue: UInt8) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    /// (0, 0, 0).
    public static let black = Self(red: 0, green: 0, blue: 0)
    /// (255, 255, 255).
    public static let white = Self(red: 255, green: 255, blue: 255)
    /// (255, 0, 0).
    public static let red = Self(red: 255, green: 0, blue: 0)
    /// (0, 255, 0).
    public static let green = Self(red: 0, green: 255, blue: 0)
    /// (0, 0, 255).
    public static let blue = Self(red: 0, green: 0, blue: 255)
    /// (255, 255, 0).
    public static let yellow = Self(red: 255, green: 255, blue: 0)
}
