// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What FaceKit throws: switch over ``code``; ``message`` is for people.
///
/// Messages name the thing and the number that was wrong. They never hold pixels, embeddings or secrets.
public struct FaceError: Error, CustomStringConvertible, Sendable {
    /// What kind of thing went wrong; an open set, new kinds may come in a minor release.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Kind: String, CaseIterable {
            case invalidImage, unsupportedImageFormat, imageTooLarge, fileUnreadable, fileUnwritable
            case invalidModel, unsupportedModel, modelNotFound, invalidModelCard
            case missingLandmarks, degenerateLandmarks, incomparableEmbeddings, invalidEmbedding
            case duplicateTemplate, invalidSubjectName, invalidMetadata, reembeddingIncomplete
            case galleryNotFound, galleryInUse, galleryReadOnly, galleryDamaged, unsupportedGallery
            case invalidEvaluationData, invalidConfiguration
        }
        private let kind: Kind

        /// Every code there is, for tables that must not forget one.
        package static var all: [Self] { Kind.allCases.map(Self.init(kind:)) }

        /// Picture data that is damaged, truncated or contradicts itself.
        public static let invalidImage = Self(kind: .invalidImage)
        /// Data that is not a picture in a format this build can decode.
        public static let unsupportedImageFormat = Self(kind: .unsupportedImageFormat)
        /// A picture that exceeds the configured ``ImageLimits``.
        public static let imageTooLarge = Self(kind: .imageTooLarge)
        /// A file that could not be opened or read.
        public static let fileUnreadable = Self(kind: .fileUnreadable)
        /// A file that could not be created or written.
        public static let fileUnwritable = Self(kind: .fileUnwritable)
        /// A model file that is damaged or does not fit its use.
        public static let invalidModel = Self(kind: .invalidModel)
        /// A well-formed model that uses operators or attributes the engine does not have.
        public static let unsupportedModel = Self(kind: .unsupportedModel)
        /// A named model that is not installed.
        public static let modelNotFound = Self(kind: .modelNotFound)
        /// A model card that is not JSON or lacks what its use needs.
        public static let invalidModelCard = Self(kind: .invalidModelCard)
        /// A face without the landmarks that a stage needs.
        public static let missingLandmarks = Self(kind: .missingLandmarks)
        /// Landmarks that coincide or are not finite, so that no transform follows from them.
        public static let degenerateLandmarks = Self(kind: .degenerateLandmarks)
        /// Embeddings of different spaces, which must never be compared.
        public static let incomparableEmbeddings = Self(kind: .incomparableEmbeddings)
        /// A vector that is no embedding: empty, all zero or not finite.
        public static let invalidEmbedding = Self(kind: .invalidEmbedding)
        /// A template whose id is enrolled in the gallery already.
        public static let duplicateTemplate = Self(kind: .duplicateTemplate)
        /// A name that no subject can have: empty, too long or with the character NUL.
        public static let invalidSubjectName = Self(kind: .invalidSubjectName)
        /// Metadata of a template that is no JSON object.
        public static let invalidMetadata = Self(kind: .invalidMetadata)
        /// Templates that have no embedding in the space a gallery shall switch to.
        public static let reembeddingIncomplete = Self(kind: .reembeddingIncomplete)
        /// A gallery that does not exist, or no more.
        public static let galleryNotFound = Self(kind: .galleryNotFound)
        /// A gallery that another process has open for writing.
        public static let galleryInUse = Self(kind: .galleryInUse)
        /// A change to a gallery that was opened for reading.
        public static let galleryReadOnly = Self(kind: .galleryReadOnly)
        /// A gallery whose files are damaged; the message says where.
        public static let galleryDamaged = Self(kind: .galleryDamaged)
        /// A gallery in a format that this version cannot read, or a file that is no gallery.
        public static let unsupportedGallery = Self(kind: .unsupportedGallery)
        /// A pair list or annotation file that cannot be read as such.
        public static let invalidEvaluationData = Self(kind: .invalidEvaluationData)
        /// A setting outside its range.
        public static let invalidConfiguration = Self(kind: .invalidConfiguration)

        /// The code's name, as in the declaration; stable, fit for JSON.
        public var description: String { kind.rawValue }
    }

    /// What to branch on.
    public var code: Code
    /// One sentence for people, with the name and number that were wrong.
    public var message: String
    /// The error beneath, where there is one.
    public var cause: (any Error)?

    /// Creates an error of the given kind.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// The message, followed by the cause in parentheses where there is one.
    public var description: String { message + (cause.map { " (\($0.reason))" } ?? "") }
}
