// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import HTTPTypes
public import Hummingbird

/// The errors of FaceRecognition by their codes; all of them are answered with status 200.
enum FaceRecognitionError: Int, Error, CustomStringConvertible {
    case badArguments = 1001
    case missingArguments = 1002
    case internalError = 1003
    case file = 1004
    case upload = 1005
    case faceToken = 1006
    case faceInfo = 1007

    /// The text of the original, with its spelling.
    var description: String {
        switch self {
        case .badArguments: "BAD_ARGUMENTS"
        case .missingArguments: "MISSING_ARGUMENTS"
        case .internalError: "INTERNAL_ERROR"
        case .file: "FIlE_ERROR"
        case .upload: "UPLOAD_ERROR"
        case .faceToken: "FACE_TOKEN_ERROR"
        case .faceInfo: "FACE_INFO_ERROR"
        }
    }
}

extension FaceRecognitionRoutes {
    /// The native answer to an error: status 200 and a code, but for paths and methods that there are not.
    public func response(to error: any Error, for request: SystemRequest) -> Response {
        switch error {
        case RoutingError.unknownPath: return .page(404, "Not Found")
        case RoutingError.wrongMethod: return .page(405, "Method Not Allowed")
        case is ComputePool.Overloaded:
            return .json(Self.message(.internalError), status: .serviceUnavailable)
        default: break
        }
        let fault: FaceRecognitionError =
            switch error {
            case let error as FaceRecognitionError: error
            case RequestBodyError.tooLarge: .file
            case is RequestBodyError: .upload
            default: .internalError
            }
        return .json(Self.message(fault))
    }

    private static func message(_ error: FaceRecognitionError) -> JSON {
        [
            "sucess": false, "error_code": .text(String(error.rawValue)), "error_msg": .text(error.description),
        ]
    }
}

extension Response {
    /// The page that the original's framework has for errors of its own.
    fileprivate static func page(_ code: Int, _ reason: String) -> Response {
        .text(
            "<!doctype html>\n<html lang=en>\n<title>\(code) \(reason)</title>\n<h1>\(reason)</h1>\n",
            type: "text/html; charset=utf-8",
            status: .init(code: code)
        )
    }
}
