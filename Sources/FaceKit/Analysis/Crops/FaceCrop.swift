// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// A part of the picture about a face, as a network wants to see it.
public struct FaceCrop: Hashable, Sendable {
    /// Which part.
    public enum Region: Hashable, Sendable {
        /// The box with both sides multiplied by `scale` about its centre; its proportions are lost.
        case box(scale: Float)
        /// A square about the centre of the box.
        ///
        /// - Parameters:
        ///   - scale: Its side, as a multiple of `of`.
        ///   - shift: How far its centre lies below the box's, as a multiple of `of`.
        ///   - of: Which length of the box is meant.
        case square(scale: Float, shift: Float = 0, of: BoxLength = .longerSide)
        /// Such a square turned about the centre of the box, so that the eyes lie level; not turned without landmarks.
        case upright(scale: Float, shift: Float = 0)
        /// The box with both sides multiplied by `scale`, or less where the picture ends, moved into the picture.
        case insidePicture(scale: Float)
        /// The face moved so that its five landmarks come nearest to a template.
        case aligned(AlignmentTemplate)
        /// A square about the centre of an eye whose side is `scale` times the distance between the eyes.
        case eye(FaceSide, scale: Float)
    }

    /// A length of a bounding box.
    public enum BoxLength: Hashable, Sendable {
        /// The larger of width and height.
        case longerSide
        /// Half the sum of width and height.
        case meanSide
    }

    /// How pixels become fewer.
    public enum Sampling: Hashable, Sendable {
        /// Every pixel of the picture counts: what is shown smaller is averaged.
        case averaging
        /// Four neighbours count, as in OpenCV's default, which several networks were trained with.
        case bilinear
    }

    /// Which part of the picture.
    public var region: Region
    /// Columns of the crop.
    public var width: Int
    /// Rows of the crop.
    public var height: Int
    /// How pixels become fewer.
    public var sampling: Sampling

    /// Describes a crop.
    ///
    /// - Precondition: `width` and `height` are at least 1.
    public init(_ region: Region, width: Int, height: Int, sampling: Sampling = .averaging) {
        precondition(width > 0 && height > 0, "a crop has at least one pixel")
        self.region = region
        self.width = width
        self.height = height
        self.sampling = sampling
    }

    /// A face of 112 by 112 pixels in the ArcFace pose.
    public static let arcFace112 = FaceCrop(.aligned(.arcFace112), width: 112, height: 112, sampling: .bilinear)

    /// Whether faces without landmarks cannot be shown this way.
    public var needsLandmarks: Bool {
        switch region {
        case .aligned, .eye: true
        case .box, .square, .upright, .insidePicture: false
        }
    }
}

/// A side of a face; left and right are the subject's own.
public enum FaceSide: String, Hashable, Sendable, CaseIterable {
    case right
    case left
}
