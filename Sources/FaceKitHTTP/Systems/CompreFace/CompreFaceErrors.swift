// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitAccounts
import HTTPTypes
public import Hummingbird

/// The errors of CompreFace's face API.
enum CompreFaceError: Error, CustomStringConvertible {
    /// A code and its message.
    case coded(Int, String, status: HTTPResponse.Status = .badRequest)
    /// A status without a body.
    case bare(HTTPResponse.Status)

    static let unforeseen = Self.coded(0, "Something went wrong, please try again")
    static let noFace = Self.coded(28, "No face is found in the given image")
    static let severalFaces = Self.coded(31, "More than one face in the source image")
    static let writesDuringMigration = Self.coded(
        32,
        "Write operations during migration aren't allowed",
        status: .methodNotAllowed
    )
    static let notBase64 = Self.coded(21, "Provided value is not Base64")
    static let missingHeader = Self.coded(20, "Missing header: x-api-key")
    static let malformedKey = Self.validation("Service API key should be UUID")
    static let specialCharacters = Self.coded(
        36,
        #"The name cannot contain the following special characters: ';', '/', '\'"#
    )
    static let wrongImageID = Self.coded(44, "Image Id is incorrect", status: .notFound)

    /// A parameter or member outside its range.
    static func validation(_ text: String) -> Self { .coded(26, text) }
    /// A parameter that has to be there.
    static func missingParameter(_ name: String) -> Self { .coded(33, "Required parameter \(name) is missing") }
    /// A part of a form that has to be there.
    static func missingPart(_ name: String) -> Self { .coded(34, "Required part \(name) is missing") }
    /// A member of a JSON body that has to be there.
    static func missingField(_ name: String) -> Self { .coded(5, "Field \(name) cannot be empty") }
    /// A file whose name has the wrong ending.
    static func ending(_ fileName: String) -> Self { .coded(21, "File [\(fileName)] has an unavailable extension") }
    /// No service has the key.
    static func unknownKey(_ type: ServiceType, _ key: String) -> Self {
        .coded(10, "\(type.title) service with API Key \(key) not found", status: .notFound)
    }
    /// No subject has the name.
    static func unknownSubject(_ name: String) -> Self { .coded(42, "Subject \(name) not found", status: .notFound) }
    /// No example has the id.
    static func unknownImage(_ id: String) -> Self { .coded(44, "Image \(id) not found", status: .notFound) }

    /// Without the message, which can hold a key.
    var description: String {
        switch self {
        case .coded(let code, _, let status): "CompreFace error \(code), status \(status.code)"
        case .bare(let status): "status \(status.code)"
        }
    }
}

extension CompreFaceRoutes {
    /// The native answer to an error: `{"message", "code"}`, or a bare status.
    public func response(to error: any Error, for request: SystemRequest) -> Response {
        func coded(_ code: Int, _ message: String, _ status: HTTPResponse.Status = .badRequest) -> Response {
            .json(["message": .text(message), "code": .int(code)], status: status)
        }
        switch error {
        case CompreFaceError.coded(let code, let message, let status): return coded(code, message, status)
        case CompreFaceError.bare(let status): return .empty(status)
        case RequestBodyError.tooLarge:
            // The original's front proxy says this.
            return .text(
                "<html>\r\n<head><title>413 Request Entity Too Large</title></head>\r\n<body>\r\n"
                    + "<center><h1>413 Request Entity Too Large</h1></center>\r\n</body>\r\n</html>\r\n",
                type: "text/html",
                status: .contentTooLarge
            )
        case RequestBodyError.timeout: return .empty(.requestTimeout)
        case RequestBodyError.malformed: return .empty(.badRequest)
        case RequestBodyError.wrongContentType: return .empty(.unsupportedMediaType)
        case RoutingError.unknownPath:
            return coded(
                0,
                "No endpoint \(request.method.rawValue) /api/v1/\(request.path.joined(separator: "/")).",
                .notFound
            )
        case RoutingError.wrongMethod:
            return coded(0, "Request method '\(request.method.rawValue)' not supported", .notFound)
        case is ComputePool.Overloaded:
            return coded(0, "Something went wrong, please try again", .serviceUnavailable)
        case let error as FaceError where [.modelNotFound, .invalidModel, .unsupportedModel].contains(error.code):
            return coded(
                41,
                "Error during synchronization between servers: \(error.code == .modelNotFound ? error.message : "a model cannot be used")",
                .internalServerError
            )
        case is FaceError: return coded(0, "Something went wrong, please try again")
        default:
            return coded(
                41,
                "Error during synchronization between servers: internal error \(request.id)",
                .internalServerError
            )
        }
    }
}
