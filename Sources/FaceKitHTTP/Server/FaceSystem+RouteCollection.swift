// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation
import HTTPTypes
public import Hummingbird
import Logging
import NIOCore

extension FaceSystem {
    /// The system as a collection of routes, to be added to any application's router under any prefix.
    ///
    /// ```swift
    /// router.addRoutes(system.routeCollection(), atPath: "/faces")
    /// ```
    /// The collection takes the whole space below its prefix: paths that the system does not have get its native 404.
    public func routeCollection<Context: RequestContext>(
        context: Context.Type = BasicRequestContext.self,
        bodyTimeout: Int = 60
    ) -> RouteCollection<Context> {
        let collection = RouteCollection(context: Context.self)
        let routes = routes
        for method in [HTTPRequest.Method.get, .head, .post, .put, .delete, .patch, .options] {
            for path in ["", "**"] as [RouterPath] {
                collection.on(path, method: method) { request, context in
                    let rest = context.parameters.getCatchAll()
                    return await respond(
                        to: request,
                        routes: routes,
                        path: rest,
                        context: context,
                        bodyTimeout: bodyTimeout
                    ).response
                }
            }
        }
        return collection
    }

    /// Answers a Hummingbird request whose path below the mount point is `path`.
    func respond(
        to request: Request,
        routes: SystemRoutes,
        path: [Substring],
        context: some RequestContext,
        bodyTimeout: Int
    ) async -> (response: Response, pattern: String?) {
        let watch: ClientWatch? =
            if let context = context as? any ChannelAwareContext {
                try? await context.channel.pipeline.handler(type: ClientWatch.self).get()
            } else {
                nil
            }
        let channel = (context as? any ChannelAwareContext)?.channel
        return await respond(
            to: SystemRequest(
                head: request.head,
                path: path,
                query: request.uri.query ?? "",
                body: request.body,
                // The context's own identifier traps where the application's logger keeps no metadata.
                id: context.logger[metadataKey: "hb.request.id"]?.description ?? UUID().uuidString.lowercased(),
                logger: context.logger,
                client: watch,
                remoteAddress: channel?.remoteAddress?.ipAddress,
                bodyTimeout: bodyTimeout
            ),
            routes: routes
        )
    }
}
