// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// In which order a network gives the points of a face, and what each stands for.
public enum LandmarkScheme: Int, Hashable, Sendable, CaseIterable {
    /// Eye centres, nose tip, mouth corners, as in ``Landmarks/points``.
    case points5 = 5
    /// The order of the 300-W challenge (iBUG, Multi-PIE).
    case points68 = 68
    /// The order of WFLW.
    case points98 = 98
    /// The order of InsightFace's 106-point network.
    case points106 = 106
    /// The vertices of MediaPipe's face mesh.
    case points468 = 468

    /// The number of points.
    public var count: Int { rawValue }

    /// A part of the face; left and right are the subject's own.
    public enum Feature: String, Hashable, Sendable, CaseIterable {
        /// From the subject's right ear along the chin to the left ear.
        case jaw
        case rightEyebrow
        case leftEyebrow
        /// From between the eyes to the tip.
        case noseBridge
        /// The lower edge, from the subject's right to the left.
        case noseBase
        case rightEye
        case leftEye
        case outerLips
        case innerLips

        /// Whether the last point is joined to the first.
        public var isClosed: Bool {
            switch self {
            case .rightEye, .leftEye, .outerLips, .innerLips: true
            case .jaw, .rightEyebrow, .leftEyebrow, .noseBridge, .noseBase: false
            }
        }
    }

    /// Where the points of a part are, in the order in which a line through them is drawn; empty when the scheme has no
    /// such points.
    public func indices(of feature: Feature) -> [Int] {
        switch self {
        case .points5: []
        case .points68: Self.indices68(of: feature)
        case .points98: Self.indices98(of: feature)
        case .points106: Self.indices68(of: feature).map { Self.order68Of106[$0] }
        case .points468: Self.indices468(of: feature)
        }
    }

    /// Which point stands for each of the 68 of 300-W; `nil` when the scheme has too few.
    public var indicesOf68: [Int]? {
        switch self {
        case .points5: nil
        case .points68: Array(0..<68)
        case .points98: Self.order68Of98
        case .points106: Self.order68Of106
        case .points468: Self.order68Of468
        }
    }
}

extension LandmarkScheme {
    private static func indices68(of feature: Feature) -> [Int] {
        switch feature {
        case .jaw: Array(0...16)
        case .rightEyebrow: Array(17...21)
        case .leftEyebrow: Array(22...26)
        case .noseBridge: Array(27...30)
        case .noseBase: Array(31...35)
        case .rightEye: Array(36...41)
        case .leftEye: Array(42...47)
        case .outerLips: Array(48...59)
        case .innerLips: Array(60...67)
        }
    }

    private static func indices98(of feature: Feature) -> [Int] {
        switch feature {
        case .jaw: Array(0...32)
        case .rightEyebrow: Array(33...41)
        case .leftEyebrow: Array(42...50)
        case .noseBridge: Array(51...54)
        case .noseBase: Array(55...59)
        case .rightEye: Array(60...67)
        case .leftEye: Array(68...75)
        case .outerLips: Array(76...87)
        case .innerLips: Array(88...95)
        }
    }

    private static func indices468(of feature: Feature) -> [Int] {
        switch feature {
        case .jaw:
            [
                127, 234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323,
                454, 356,
            ]
        case .rightEyebrow: [70, 63, 105, 66, 107, 55, 65, 52, 53, 46]
        case .leftEyebrow: [336, 296, 334, 293, 300, 276, 283, 282, 295, 285]
        case .noseBridge: [168, 6, 197, 195, 5, 4, 1]
        case .noseBase: [64, 98, 97, 2, 326, 327, 294]
        case .rightEye: [33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7]
        case .leftEye: [362, 398, 384, 385, 386, 387, 388, 466, 263, 249, 390, 373, 374, 380, 381, 382]
        case .outerLips:
            [61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146]
        case .innerLips:
            [78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95]
        }
    }

    private static let order68Of98 =
        Array(stride(from: 0, through: 32, by: 2)) + [33, 34, 35, 36, 37, 42, 43, 44, 45, 46] + Array(51...59)
        + [60, 61, 63, 64, 65, 67, 68, 69, 71, 72, 73, 75] + Array(76...95)

    private static let order68Of106 = [
        1, 10, 12, 14, 16, 3, 5, 7, 0, 23, 21, 19, 32, 30, 28, 26, 17, 43, 48, 49, 51, 50, 102, 103, 104, 105, 101, 72,
        73, 74, 86, 78, 79, 80, 85, 84, 35, 41, 42, 39, 37, 36, 89, 95, 96, 93, 91, 90, 52, 64, 63, 71, 67, 68, 61, 58,
        59, 53, 56, 55, 65, 66, 62, 70, 69, 57, 60, 54,
    ]

    private static let order68Of468 = [
        162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389, 71, 63, 105, 66, 107, 336,
        296, 334, 293, 301, 168, 197, 5, 4, 75, 97, 2, 326, 305, 33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373,
        380, 61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87,
    ]
}
