// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitHTTP
import HTTPTypes
import Testing

@Suite("FaceError over HTTP")
struct FaceErrorHTTPTests {
    /// What a client can cause by what it sends.
    static let badInput: [FaceError.Code] = [
        .invalidImage, .unsupportedImageFormat, .imageTooLarge, .missingLandmarks, .degenerateLandmarks,
        .incomparableEmbeddings, .invalidEmbedding, .duplicateTemplate, .invalidSubjectName, .invalidMetadata,
        .reembeddingIncomplete, .galleryNotFound, .invalidEvaluationData, .invalidConfiguration,
    ]

    @Test("every code has a status of its own choosing, an error status", arguments: FaceError.Code.all)
    func everyCodeHasAStatus(code: FaceError.Code) throws {
        let status = try #require(FaceError.Code.statuses[code], "\(code) is missing in the table")
        #expect(status == code.httpStatus)
        #expect(status.kind == .clientError || status.kind == .serverError)
    }

    @Test("bad input is the client's error", arguments: badInput)
    func badInputIsTheClientsError(code: FaceError.Code) {
        #expect(code.httpStatus.kind == .clientError)
    }

    @Test("what only the operator can mend is the server's error", arguments: FaceError.Code.all)
    func theOperatorsFaultsAreTheServers(code: FaceError.Code) {
        guard !Self.badInput.contains(code) else { return }
        #expect(code.httpStatus.kind == .serverError)
    }

    @Test("a picture beyond the limits is 413, an unknown format 415, a duplicate 409")
    func distinguishedStatuses() {
        #expect(FaceError.Code.imageTooLarge.httpStatus.code == 413)
        #expect(FaceError.Code.unsupportedImageFormat.httpStatus.code == 415)
        #expect(FaceError.Code.duplicateTemplate.httpStatus.code == 409)
    }
}
