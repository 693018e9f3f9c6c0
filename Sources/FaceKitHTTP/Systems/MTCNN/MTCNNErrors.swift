// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import HTTPTypes
public import Hummingbird

/// What mtcnn_demo says of requests that it cannot serve.
enum MTCNNError: Error, CustomStringConvertible {
    case unauthorized
    case forbidden
    case noFiles
    case incomplete(file: String)
    case failed(file: String, any Error)
    case notReady(any Error)

    var description: String {
        switch self {
        case .unauthorized: "the request has no token"
        case .forbidden: "the token is none of the valid ones"
        case .noFiles: "the request has no part named image"
        case .incomplete: "the picture cannot be decoded"
        case .failed(_, let error), .notReady(let error): "\(error)"
        }
    }
}

extension MTCNNRoutes {
    /// The native answer to an error: text.
    public func response(to error: any Error, for request: SystemRequest) -> Response {
        let (status, text): (HTTPResponse.Status, String) =
            switch error {
            case MTCNNError.unauthorized: (.unauthorized, "Unauthorized")
            case MTCNNError.forbidden: (.forbidden, "Forbidden")
            case MTCNNError.noFiles, RequestBodyError.malformed, RequestBodyError.wrongContentType:
                (.badRequest, "Upload failed, no files found ^_^")
            case MTCNNError.incomplete(let file):
                (.badRequest, "File \(Self.shown(file)) uploaded successfully, parsing failed, image incomplete ^_^")
            case MTCNNError.failed(let file, _):
                (
                    .internalServerError,
                    "File \(Self.shown(file)) uploaded successfully, parsing failed for unknown reason ^_^"
                )
            case MTCNNError.notReady: (.serviceUnavailable, "Service Unavailable")
            case RequestBodyError.tooLarge: (.contentTooLarge, "Request Entity Too Large")
            case RequestBodyError.timeout: (.requestTimeout, "Request Timeout")
            case RoutingError.unknownPath: (.notFound, Self.page(404, "Not Found"))
            case RoutingError.wrongMethod: (.methodNotAllowed, Self.page(405, "Method Not Allowed"))
            case is ComputePool.Overloaded: (.serviceUnavailable, "Service Unavailable")
            default: (.internalServerError, Self.page(500, "Internal Server Error"))
            }
        return .text(text, type: Self.html, status: status)
    }

    /// The page that the original's framework has for errors of its own.
    private static func page(_ code: Int, _ reason: String) -> String {
        "<html><title>\(code): \(reason)</title><body>\(code): \(reason)</body></html>"
    }

    /// A file's name for a page: browsers take the text for HTML.
    private static func shown(_ name: String) -> String {
        var shown = ""
        for character in name {
            switch character {
            case "<": shown += "&lt;"
            case ">": shown += "&gt;"
            case "&": shown += "&amp;"
            default: shown.append(character)
            }
        }
        return shown
    }
}
