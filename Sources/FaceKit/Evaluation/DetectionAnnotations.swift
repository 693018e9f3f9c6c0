// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

/// Pictures of which it is known where the faces are.
public struct DetectionAnnotations: Hashable, Sendable {
    /// One face: its edges in pixels, left and top smaller than right and bottom.
    public struct Face: Hashable, Sendable {
        /// Left edge.
        public var left: Double
        /// Top edge.
        public var top: Double
        /// Right edge.
        public var right: Double
        /// Bottom edge.
        public var bottom: Double
        /// Whether the face counts neither when it is found nor when it is not.
        public var isIgnored: Bool

        /// Creates an annotation.
        public init(left: Double, top: Double, right: Double, bottom: Double, isIgnored: Bool = false) {
            self.left = left
            self.top = top
            self.right = right
            self.bottom = bottom
            self.isIgnored = isIgnored
        }

        /// `bottom` − `top`.
        public var height: Double { bottom - top }
    }

    /// One picture with its faces.
    public struct Picture: Hashable, Sendable {
        /// The path of the picture, relative to the folder of the set.
        public var file: String
        /// Every face in it, also those to be ignored.
        public var faces: [Face]

        /// Creates an annotated picture.
        public init(file: String, faces: [Face]) {
            self.file = file
            self.faces = faces
        }
    }

    /// The pictures.
    public var pictures: [Picture]

    /// Creates a set of annotations.
    public init(pictures: [Picture]) {
        self.pictures = pictures
    }

    /// Reads a JSON file: a list of `{"file", "faces": [{"box": [left, top, right, bottom], "invalid"?: 0 or 1}]}`; other
    /// keys are ignored.
    ///
    /// - Throws: ``FaceError/Code/fileUnreadable``, or ``FaceError/Code/invalidEvaluationData`` with what was wrong.
    public init(contentsOf path: String) throws(FaceError) {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw FaceError(.fileUnreadable, "the annotations \(path) cannot be read", cause: error)
        }
        try self.init(decoding: [UInt8](data), from: path)
    }

    /// Reads the bytes of such a file; `source` names it in messages.
    ///
    /// - Throws: ``FaceError/Code/invalidEvaluationData`` with what was wrong.
    public init(decoding bytes: [UInt8], from source: String) throws(FaceError) {
        let stored: [StoredPicture]
        do {
            stored = try JSONDecoder().decode([StoredPicture].self, from: Data(bytes))
        } catch {
            throw FaceError(.invalidEvaluationData, "the annotations \(source) are not usable", cause: error)
        }
        var pictures: [Picture] = []
        for picture in stored {
            var faces: [Face] = []
            for face in picture.faces {
                guard face.box.count == 4, face.box.allSatisfy(\.isFinite), face.box[0] <= face.box[2],
                    face.box[1] <= face.box[3]
                else {
                    throw FaceError(
                        .invalidEvaluationData,
                        "the annotations \(source) give \(picture.file) a face with the box \(face.box):"
                            + " left, top, right and bottom are wanted"
                    )
                }
                faces.append(
                    Face(
                        left: face.box[0],
                        top: face.box[1],
                        right: face.box[2],
                        bottom: face.box[3],
                        isIgnored: face.invalid.map { $0 != 0 } ?? false
                    )
                )
            }
            pictures.append(Picture(file: picture.file, faces: faces))
        }
        self.init(pictures: pictures)
    }

    private struct StoredPicture: Decodable {
        var file: String
        var faces: [StoredFace]
    }

    private struct StoredFace: Decodable {
        var box: [Double]
        var invalid: Int?
    }
}
