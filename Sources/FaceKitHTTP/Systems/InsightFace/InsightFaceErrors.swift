// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import HTTPTypes
public import Hummingbird

/// A request that InsightFace-REST does not understand.
struct InsightFaceError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

extension InsightFaceRoutes {
    /// The native answer to an error: `{"error": …}`.
    public func response(to error: any Error, for request: SystemRequest) -> Response {
        let (status, message): (HTTPResponse.Status, String) =
            switch error {
            case let error as InsightFaceError: (.badRequest, error.description)
            case let error as RequestBodyError:
                switch error {
                case .tooLarge: (.contentTooLarge, error.description)
                case .timeout: (.requestTimeout, error.description)
                case .malformed, .wrongContentType: (.badRequest, error.description)
                }
            case RoutingError.unknownPath: (.notFound, "Not Found")
            case RoutingError.wrongMethod: (.methodNotAllowed, "Method Not Allowed")
            case is ComputePool.Overloaded: (.serviceUnavailable, "Service Unavailable")
            case let error as FaceError where error.code == .modelNotFound: (.serviceUnavailable, error.message)
            default: (.internalServerError, "Internal Server Error")
            }
        return .json(["error": .text(message)], status: status)
    }
}
