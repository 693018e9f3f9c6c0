// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Dispatch
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Synchronization

/// Answers the requests of one listener: gives each to the system whose mount it is for, logs and measures it.
struct ListenerResponder: HTTPResponder {
    typealias Context = FaceRequestContext

    /// By falling length of the prefix; of several at one place the first that knows the path answers.
    private let mounts: [Mount]
    private let metrics: ServerMetrics
    private let inFlight: InFlightRequests
    private let bodyTimeout: Int
    private let logger: Logger

    init(
        mounts: [Mount],
        metrics: ServerMetrics,
        inFlight: InFlightRequests,
        bodyTimeout: Int,
        logger: Logger
    ) {
        self.mounts = mounts.enumerated()
            .sorted { (-$0.element.prefix.count, $0.offset) < (-$1.element.prefix.count, $1.offset) }
            .map(\.element)
        self.metrics = metrics
        self.inFlight = inFlight
        self.bodyTimeout = bodyTimeout
        self.logger = logger
    }

    func respond(to request: Request, context: Context) async throws -> Response {
        let begun = DispatchTime.now()
        let id = Self.identifier(of: request)
        var context = context
        context.logger = logger
        context.logger[metadataKey: "hb.request.id"] = .string(id)
        metrics.inFlight(inFlight.begin())
        let path = request.uri.path.split(separator: "/", omittingEmptySubsequences: true)
        let mount = mount(for: request.head, path)
        var (response, pattern): (Response, String?) =
            if let mount {
                await mount.system.respond(
                    to: request,
                    routes: mount.routes,
                    path: Array(path.dropFirst(mount.prefix.count)),
                    context: context,
                    bodyTimeout: bodyTimeout
                )
            } else {
                (.json(["error": "Not Found"], status: .notFound), nil)
            }
        response.headers[Self.requestID] = id
        let seconds = DispatchTime.now().seconds(since: begun)
        metrics.inFlight(inFlight.end())
        metrics.answered(
            system: mount?.system.name ?? "none",
            route: pattern ?? "none",
            method: Self.known.contains(request.method) ? request.method.rawValue : "other",
            status: Int(response.status.code),
            seconds: seconds
        )
        // The pattern, not the path: paths and queries of some systems hold keys and names of people.
        context.logger.info(
            "\(request.method.rawValue) \(pattern ?? "-") \(response.status.code)",
            metadata: [
                "system": "\(mount?.system.name ?? "none")",
                "milliseconds": "\((seconds * 10_000).rounded() / 10)",
            ]
        )
        return response
    }

    private func mount(for head: HTTPRequest, _ path: [Substring]) -> Mount? {
        guard let length = mounts.first(where: { path.starts(with: $0.prefix) })?.prefix.count else { return nil }
        let rest = Array(path.dropFirst(length))
        let owners = mounts.filter { $0.prefix.count == length && path.starts(with: $0.prefix) }
        return owners.first { $0.routes.knows(rest, head) }
            ?? owners.first { $0.routes.knows(rest, head, orOtherMethods: true) }
            ?? owners.first { $0.routes.knows(rest, head, orCatches: true) } ?? owners.first
    }

    private static let requestID = HTTPField.Name("X-Request-Id")!
    private static let known: Set<HTTPRequest.Method> = [.get, .head, .post, .put, .delete, .patch, .options]

    /// The client's own identifier where it sends a sensible one, else a new one.
    private static func identifier(of request: Request) -> String {
        if let given = request.headers[requestID], 1...64 ~= given.utf8.count,
            given.unicodeScalars.allSatisfy({
                $0.isASCII && ($0.properties.isAlphabetic || "0123456789-_.".unicodeScalars.contains($0))
            })
        {
            return given
        }
        return UUID().uuidString.lowercased()
    }
}

/// Counts the requests in work, of all listeners together.
final class InFlightRequests: Sendable {
    private let count = Mutex(0)

    func begin() -> Int {
        count.withLock {
            $0 += 1
            return $0
        }
    }

    func end() -> Int {
        count.withLock {
            $0 -= 1
            return $0
        }
    }
}
