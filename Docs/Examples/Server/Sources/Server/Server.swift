// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitHTTP
import FaceKitStore
import Foundation
import Hummingbird

/// A Hummingbird application of its own that has two of FaceKit's systems below prefixes, one of them behind a
/// middleware.
@main
struct Server {
    static func main() async {
        do {
            try await serve()
        } catch {
            // A model that is not installed, or an address in use.
            FileHandle.standardError.write(Data("Server: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func serve() async throws {
        let models = ModelStore(folders: Array(CommandLine.arguments.dropFirst().prefix(1)))
        let stages = FixedStages(
            detector: try YuNetDetector(model: models.model(named: "yunet_n")),
            recognizer: Recognizer(
                try ONNXEmbedder(model: models.model(named: "face_reidentification_retail_0095"))
            )
        )
        let service = FaceService(stages: stages, pool: ComputePool())

        let router = Router()
        router.get("/") { _, _ in "an application of its own" }
        router.group("/faces")
            .addRoutes(NativeRoutes(service: service, galleries: MemoryGalleryStore()).routeCollection())
        router.group("/old")
            .add(middleware: Guest())
            .addRoutes(InsightFaceRoutes(service: service).routeCollection())

        let application = Application(
            router: router,
            configuration: .init(address: .hostname("127.0.0.1", port: 8080))
        )
        try await application.runService()
    }
}

/// Lets only those in who say the word.
struct Guest: RouterMiddleware {
    func handle(
        _ request: Request,
        context: BasicRequestContext,
        next: (Request, BasicRequestContext) async throws -> Response
    ) async throws -> Response {
        guard request.headers[.authorization] == "please" else { throw HTTPError(.unauthorized) }
        return try await next(request, context)
    }
}
