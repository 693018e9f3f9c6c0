// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import HTTPTypes
public import Hummingbird

/// A request that the native API cannot serve as it is.
struct NativeError: Error, CustomStringConvertible {
    var status: HTTPResponse.Status
    /// Stable, fit for branching on.
    var code: String
    var message: String

    var description: String { message }

    /// A parameter or a member of the body that is missing or wrong.
    static func invalid(_ message: String) -> Self {
        .init(status: .unprocessableContent, code: "invalidRequest", message: message)
    }

    /// Something that is asked for and does not exist.
    static func notFound(_ message: String) -> Self { .init(status: .notFound, code: "notFound", message: message) }

    /// A picture in which no face was found where one is needed.
    static func noFace(_ picture: String) -> Self {
        .init(status: .unprocessableContent, code: "noFace", message: "no face was found in \(picture)")
    }
}

extension NativeRoutes {
    /// The answer to an error: `{"error": {"code", "message", "request_id"}}`.
    public func response(to error: any Error, for request: SystemRequest) -> Response {
        if case RoutingError.unknownPath? = error as? RoutingError, request.path.first != "v1" {
            // The root is shared by several systems.
            return .json(["error": "Not Found"], status: .notFound)
        }
        let fault = Self.fault(for: error)
        return .json(
            [
                "error": [
                    "code": .text(fault.code), "message": .text(fault.message), "request_id": .text(request.id),
                ]
            ],
            status: fault.status
        )
    }

    static func fault(for error: any Error) -> NativeError {
        switch error {
        case let error as NativeError: return error
        case let error as FaceError:
            let status = error.code.httpStatus
            // What went wrong on this machine is the operator's business; a missing model is worth telling.
            let message =
                status.kind == .serverError && error.code != .modelNotFound
                ? "an internal error, see the log" : error.message
            return .init(status: status, code: error.code.description, message: message)
        case let error as RequestBodyError:
            let (status, code): (HTTPResponse.Status, String) =
                switch error {
                case .tooLarge: (.contentTooLarge, "tooLarge")
                case .timeout: (.requestTimeout, "timeout")
                case .malformed: (.badRequest, "malformed")
                case .wrongContentType: (.unsupportedMediaType, "unsupportedMediaType")
                }
            return .init(status: status, code: code, message: error.description)
        case RoutingError.unknownPath: return .init(status: .notFound, code: "notFound", message: "Not Found")
        case RoutingError.wrongMethod:
            return .init(status: .methodNotAllowed, code: "methodNotAllowed", message: "Method Not Allowed")
        case let error as ComputePool.Overloaded:
            return .init(
                status: .serviceUnavailable,
                code: "overloaded",
                message: "the server is busy, try again in \(error.retryAfter) seconds"
            )
        default:
            return .init(status: .internalServerError, code: "internal", message: "an internal error, see the log")
        }
    }
}
