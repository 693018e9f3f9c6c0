// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// The faces found in pictures, with what is told of each.
public struct PicturesResponse<Face: Codable & Hashable & Sendable>: Codable, Hashable, Sendable {
    /// One picture with its faces.
    public struct Picture: Codable, Hashable, Sendable {
        /// The name under which the picture was given.
        public var file: String
        /// Columns of the upright picture.
        public var width: Int
        /// Rows of the upright picture.
        public var height: Int
        /// By falling confidence; empty when there is no face.
        public var faces: [Face]

        /// Puts a picture into a message.
        public init(file: String, width: Int, height: Int, faces: [Face]) {
            self.file = file
            self.width = width
            self.height = height
            self.faces = faces
        }
    }

    /// The pictures, in the order in which they were given.
    public var pictures: [Picture]

    /// Creates a response.
    public init(pictures: [Picture]) {
        self.pictures = pictures
    }
}

/// The faces found in pictures.
public typealias DetectResponse = PicturesResponse<FaceMessage>

/// The faces of pictures with what an analysis tells of them.
public typealias AnalyzeResponse = PicturesResponse<FaceAnalysisMessage>
