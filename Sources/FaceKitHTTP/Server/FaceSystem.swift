// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import HTTPTypes
public import Hummingbird
import Logging

/// An error that is the client's, whatever status its system's contract gives it; operators need not hear of it.
protocol ClientFault: Error {}

/// One of the systems whose clients are served: its endpoints and its way of saying what went wrong.
///
/// A system has no face logic of its own; it translates requests into calls of ``FaceService`` and results into its
/// native shape. Where it is mounted is not its business: it sees the path below.
public protocol FaceSystem: Sendable {
    /// The name in configuration, logs and metrics.
    var name: String { get }

    /// The endpoints; asked for once, when the system is mounted.
    var routes: SystemRoutes { get }

    /// Checks a request before its path is looked at, such as its credentials.
    ///
    /// - Throws: What ``response(to:for:)`` turns into the answer.
    func admit(_ request: SystemRequest) async throws

    /// The native answer to an error that a handler, ``admit(_:)`` or the routing threw.
    ///
    /// Also those that no handler foresaw: they become the system's internal error.
    func response(to error: any Error, for request: SystemRequest) -> Response

    /// Adds what every answer of the system carries.
    func complete(_ response: inout Response, for request: SystemRequest)
}

extension FaceSystem {
    /// Lets every request pass.
    public func admit(_ request: SystemRequest) async throws {}

    /// Leaves the answer as it is.
    public func complete(_ response: inout Response, for request: SystemRequest) {}

    /// Answers a request and says which endpoint did, for metrics; `nil` when none did.
    func respond(
        to request: SystemRequest,
        routes: SystemRoutes
    ) async -> (response: Response, pattern: String?) {
        var (request, pattern): (SystemRequest, String?) = (request, nil)
        var response: Response
        do {
            try await admit(request)
            let (route, parameters) = try routes.resolve(request.head, request.path)
            request.parameters = parameters
            pattern = route.pattern
            response = try await route.handler(request)
        } catch {
            response = self.response(to: error, for: request)
            if let overloaded = error as? ComputePool.Overloaded {
                response.headers[.retryAfter] = String(overloaded.retryAfter)
            }
            if case RoutingError.wrongMethod(let allowed)? = error as? RoutingError {
                response.headers[.allow] = allowed.map(\.rawValue).joined(separator: ", ")
            }
            log(error, status: response.status, request: request)
        }
        complete(&response, for: request)
        return (request.method == .head ? response.createHeadResponse() : response, pattern)
    }

    /// What clients did wrong is told to them; what went wrong here is told to the operator too.
    private func log(_ error: any Error, status: HTTPResponse.Status, request: SystemRequest) {
        let level: Logger.Level =
            switch error {
            case is RoutingError, is RequestBodyError, is ComputePool.ClientGone, is CancellationError: .debug
            case is ComputePool.Overloaded: .notice
            case is any ClientFault: .debug
            default: status.kind == .serverError ? .error : .debug
            }
        request.logger.log(level: level, "\(error)", metadata: ["system": "\(name)", "status": "\(status.code)"])
    }
}
