// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import FaceKit

/// What can be asked about a face besides whose it is.
public enum FaceAttribute: String, CaseIterable, Hashable, Sendable {
    /// The age.
    case age
    /// The sex a face is taken for.
    case gender
    /// Where the head points.
    case pose
    /// Whether a mask is worn.
    case mask
    /// 106 landmarks.
    case landmarks106
    /// How well the face is fit for recognition.
    case quality
}

/// What was found out about a face; what was not asked for is `nil`.
public struct FaceAttributes: Hashable, Sendable {
    /// Where a head points, in degrees.
    public struct Pose: Hashable, Sendable {
        /// Positive looks up.
        public var pitch: Float
        /// Positive turns to the subject's left, towards the picture's right edge.
        public var yaw: Float
        /// Positive tilts clockwise in the picture.
        public var roll: Float

        /// Creates a pose.
        public init(pitch: Float, yaw: Float, roll: Float) {
            (self.pitch, self.yaw, self.roll) = (pitch, yaw, roll)
        }
    }

    /// An age.
    public struct Age: Hashable, Sendable {
        /// The best estimate, in years.
        public var years: Float
        /// The youngest age of the range.
        public var low: Int
        /// The oldest age of the range.
        public var high: Int
        /// How sure the range is, 0...1.
        public var probability: Float

        /// Creates an age.
        public init(years: Float, low: Int, high: Int, probability: Float) {
            (self.years, self.low, self.high, self.probability) = (years, low, high, probability)
        }
    }

    /// One of several answers and how sure it is.
    public struct Choice<Value: Hashable & Sendable>: Hashable, Sendable {
        /// The answer.
        public var value: Value
        /// How sure it is, 0...1.
        public var probability: Float

        /// Creates a choice.
        public init(_ value: Value, probability: Float) {
            (self.value, self.probability) = (value, probability)
        }
    }

    /// The sex a face is taken for.
    public enum Gender: String, Hashable, Sendable {
        case male, female
    }

    /// How a mask is worn.
    public enum Mask: Hashable, Sendable {
        case none, incorrect, correct
    }

    /// The age.
    public var age: Age?
    /// The sex the face is taken for.
    public var gender: Choice<Gender>?
    /// Where the head points.
    public var pose: Pose?
    /// How a mask is worn.
    public var mask: Choice<Mask>?
    /// 106 points in pixels of the picture.
    public var landmarks106: [Point]?
    /// How well the face is fit for recognition, 0...1.
    public var quality: Float?

    /// Creates an empty answer.
    public init() {}
}

/// Finds out attributes of faces.
public protocol AttributeStage: Sendable {
    /// The method or model behind an attribute, for answers that name it; empty when there is nothing to say.
    func version(of attribute: FaceAttribute) -> String

    /// Finds attributes out.
    ///
    /// Blocks the calling thread.
    ///
    /// - Parameters:
    ///   - faces: The faces.
    ///   - image: The picture they are in.
    ///   - measured: Called with each attribute and the seconds it took for all faces.
    /// - Returns: What was found out about each face, in the same order.
    /// - Throws: What the networks behind it throw.
    func attributes(
        of faces: [FaceDetection],
        in image: Image,
        measured: (FaceAttribute, Double) -> Void
    ) throws -> [FaceAttributes]
}

/// Blends a face into another picture.
public protocol FusionStage: Sendable {
    /// Fuses two faces.
    ///
    /// - Parameters:
    ///   - source: The picture and the face whose features are taken.
    ///   - target: The picture and the face that take them.
    ///   - weight: How much of the source there is, 0...1; `nil` stands for the stage's default.
    /// - Returns: The target picture with the source's face in it.
    /// - Throws: What the fuser throws, such as ``FaceKit/FaceError/Code/missingLandmarks``.
    func fuse(
        _ source: (image: Image, face: FaceDetection),
        into target: (image: Image, face: FaceDetection),
        weight: Float?
    ) throws -> Image
}
