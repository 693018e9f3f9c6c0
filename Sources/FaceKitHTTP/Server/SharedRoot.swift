// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import Hummingbird

/// All systems at one root, for demonstrations: every path that no two of them claim, and `POST /detect` told apart by
/// what is sent.
public struct SharedRoot: FaceSystem {
    /// `all`.
    public let name = "all"
    /// The endpoints.
    public let routes: SystemRoutes

    private static let order: [ServerConfiguration.SystemName] = [.fusion, .flask, .insightface, .mtcnn]

    /// Puts systems together; CompreFace has paths of its own and needs none here.
    public init(_ systems: [ServerConfiguration.SystemName: any FaceSystem]) {
        var list: [SystemRoute] = []
        for name in Self.order {
            guard let system = systems[name] else { continue }
            let routes = system.routes
            for route in routes.all where !(route.method == .post && route.pattern == "/detect") && route.pattern != "/"
            {
                list.append(
                    SystemRoute(route.method, route.pattern) { request in
                        await system.respond(to: request, routes: routes).response
                    }
                )
            }
        }
        list.append(
            // Browsers get the pages, where they are mounted too.
            SystemRoute(.get, "/", when: { !ConsolePages.isBrowser($0) }) { _ in
                .text("Hello, face", type: MTCNNRoutes.html)
            }
        )
        let tables = systems.mapValues(\.routes)
        list.append(
            SystemRoute(.post, "/detect") { request in
                let name = try await Self.claimant(of: request)
                guard let system = systems[name.0], let routes = tables[name.0] else {
                    throw RoutingError.unknownPath
                }
                return await system.respond(to: name.1, routes: routes).response
            }
        )
        routes = SystemRoutes(list)
    }

    /// Whose `POST /detect` a request is, with the body that was read for that.
    ///
    /// Forms are FaceRecognition's, JSON with `images` is InsightFace-REST's, other JSON Face_fusion_rest's.
    private static func claimant(
        of request: SystemRequest
    ) async throws -> (ServerConfiguration.SystemName, SystemRequest) {
        guard !request.isMultipart else { return (.flask, request) }
        let bytes = try await request.body(limit: 64 << 20)
        let json = try? JSONReader.value(in: bytes)
        let name: ServerConfiguration.SystemName = json?["images"] != nil ? .insightface : .fusion
        return (name, request.replacingBody(bytes))
    }

    /// What nobody claims is not found.
    public func response(to error: any Error, for request: SystemRequest) -> Response {
        switch error {
        case RoutingError.wrongMethod: .json(["error": "Method Not Allowed"], status: .methodNotAllowed)
        case RequestBodyError.tooLarge: .json(["error": "Content Too Large"], status: .contentTooLarge)
        case is RequestBodyError: .json(["error": "Bad Request"], status: .badRequest)
        default: .json(["error": "Not Found"], status: .notFound)
        }
    }
}
