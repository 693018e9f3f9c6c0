// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import FaceKit
public import HTTPTypes

extension FaceError.Code {
    /// The status of a response to a request that failed with this code.
    ///
    /// What the client sent and can mend is 4xx, what the operator has to mend is 5xx. A code that the table does not
    /// name, which a later release of FaceKit could bring, is an internal error.
    public var httpStatus: HTTPResponse.Status {
        Self.statuses[self] ?? .internalServerError
    }

    /// The one table from codes to statuses.
    package static let statuses: [Self: HTTPResponse.Status] = [
        .invalidImage: .badRequest,
        .unsupportedImageFormat: .unsupportedMediaType,
        .imageTooLarge: .contentTooLarge,
        .missingLandmarks: .unprocessableContent,
        .degenerateLandmarks: .unprocessableContent,
        .incomparableEmbeddings: .unprocessableContent,
        .invalidEmbedding: .unprocessableContent,
        .duplicateTemplate: .conflict,
        .invalidSubjectName: .unprocessableContent,
        .invalidMetadata: .unprocessableContent,
        .reembeddingIncomplete: .conflict,
        .galleryNotFound: .notFound,
        // Another process may let go of it, or the operator may open it for writing.
        .galleryInUse: .serviceUnavailable,
        .galleryReadOnly: .serviceUnavailable,
        .galleryDamaged: .internalServerError,
        .unsupportedGallery: .internalServerError,
        .invalidEvaluationData: .unprocessableContent,
        // The server's own settings are checked before it listens; one that is out of range now came with the request.
        .invalidConfiguration: .badRequest,
        .fileUnreadable: .internalServerError,
        .fileUnwritable: .internalServerError,
        .invalidModel: .internalServerError,
        .unsupportedModel: .internalServerError,
        .invalidModelCard: .internalServerError,
        // Installing the model brings the route to life, without a change to the request.
        .modelNotFound: .serviceUnavailable,
    ]
}
