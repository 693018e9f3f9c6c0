// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import HTTPTypes
public import Hummingbird

/// What Face_fusion_rest says of requests that it cannot serve.
enum FaceFusionError: ClientFault, CustomStringConvertible {
    /// The content type is not JSON.
    case notJSON
    /// A key is missing or has a value of the wrong kind.
    case badRequest(String)
    /// The picture cannot be read, or what is in it does not do.
    case unreadable(String)

    var description: String {
        switch self {
        case .notJSON: "Request not contains any json data."
        case .badRequest(let reason), .unreadable(let reason): reason
        }
    }
}

extension FaceFusionRoutes {
    /// The native answer to an error: `{"error": …}`.
    public func response(to error: any Error, for request: SystemRequest) -> Response {
        let (status, message): (HTTPResponse.Status, String) =
            switch error {
            case FaceFusionError.notJSON: (.methodNotAllowed, "\(error)")
            case FaceFusionError.badRequest: (.badRequest, "\(error)")
            case FaceFusionError.unreadable: (.internalServerError, "\(error)")
            case RequestBodyError.tooLarge: (.contentTooLarge, "\(error)")
            case RequestBodyError.timeout: (.requestTimeout, "\(error)")
            case is RequestBodyError: (.badRequest, "\(error)")
            case RoutingError.unknownPath: (.notFound, "Not Found")
            case RoutingError.wrongMethod: (.methodNotAllowed, "Method Not Allowed")
            case is ComputePool.Overloaded: (.serviceUnavailable, "Service Unavailable")
            case let error as FaceError where error.code == .modelNotFound: (.internalServerError, error.message)
            default: (.internalServerError, "Internal Server Error")
            }
        return .json(["error": .text(message)], status: status)
    }
}
