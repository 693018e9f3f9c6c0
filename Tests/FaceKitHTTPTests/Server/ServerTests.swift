// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitAccounts
import FaceKitHTTP
import FaceKitStore
import FaceKitTestSupport
import Foundation
import Hummingbird
import Logging
import Synchronization
import Testing

@Suite("Server over a socket")
struct ServerTests {
    private func request(_ method: String, _ path: String, _ body: String = "", close: Bool = false) -> [UInt8] {
        let head = "\(method) \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n"
        return Array((head + (close ? "Connection: close\r\n" : "") + "\r\n" + body).utf8)
    }

    @Test("one connection serves requests one after the other and in a pipeline")
    func keepAlive() async throws {
        try await LiveServer.with({ service, _ in InsightFaceRoutes(service: service) }) { client in
            let body = "{\"images\":{\"data\":[]}}"
            let all = try await client.exchange(
                [
                    request("GET", "/"), request("POST", "/extract", body),
                    request("GET", "/nothing") + request("POST", "/extract", "broken")
                        + request("GET", "/", close: true),
                ],
                pause: 0.05
            )
            let responses = try WireClient.parse(all)
            #expect(responses.map(\.status) == [200, 200, 404, 400, 200])
        }
    }

    @Test("a slow client is waited for, one that takes too long is refused")
    func slowClients() async throws {
        let body = "{\"images\":{\"data\":[]}}"
        let bytes = request("POST", "/extract", body, close: true)
        let pool = ComputePool(workers: 1, waiting: 1)
        let system = InsightFaceRoutes(service: FaceService(stages: Stub.stages, pool: pool))
        try await LiveServer.with([Mount(system)], pool: pool, bodyTimeout: 1) { client in
            let pieces = bytes.map { [$0] }
            let slow = try WireClient.parse(try await client.exchange(pieces, pause: 0.002))
            #expect(slow.map(\.status) == [200])
            let stuck = try await client.exchange([Array(bytes.dropLast(5))])
            #expect(try WireClient.parse(stuck).first?.status == 408)
        }
    }

    @Test("a client that reads late gets every answer of a long pipeline whole")
    func lateReader() async throws {
        try await LiveServer.with({ service, _ in NativeRoutes(service: service) }) { client in
            let count = 400
            let requests = (0..<count).map { request("GET", "/openapi.json", close: $0 == count - 1) }
            let handle = try client.open()
            defer { close(handle) }
            let bytes = requests.flatMap(\.self)
            #expect(bytes.withUnsafeBytes { write(handle, $0.baseAddress, $0.count) } == bytes.count)
            // Far more than what fits into the buffers of the connection has to wait for the reader.
            try await Task.sleep(for: .milliseconds(500))
            var all: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let length = read(handle, &buffer, buffer.count)
                if length <= 0 { break }
                all += buffer[..<length]
            }
            let responses = try WireClient.parse(all)
            #expect(responses.count == count)
            let body = try #require(responses.first?.body)
            #expect(body.count > 8000)
            #expect(responses.allSatisfy { $0.status == 200 && $0.body == body })
        }
    }

    @Test("a client that sends all of a body that is refused gets the answer, and the connection ends")
    func refusedBody() async throws {
        var settings = InsightFaceSettings()
        settings.bodyLimit = 1000
        try await LiveServer.with({ service, _ in InsightFaceRoutes(service: service, settings: settings) }) { client in
            let body = String(repeating: " ", count: 20 << 20)
            let announced = request("POST", "/extract", body, close: true)
            let chunked =
                "POST /extract HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n0\r\n\r\n"
            for bytes in [announced, Array(chunked.utf8)] {
                let begun = ContinuousClock.now
                let answer = try await client.exchange([bytes])
                #expect(try WireClient.parse(answer).map(\.status) == [413])
                #expect(ContinuousClock.now - begun < .seconds(10))
            }
        }
    }

    @Test("a body may come in chunks, of any size")
    func chunks() async throws {
        try await LiveServer.with({ service, _ in InsightFaceRoutes(service: service) }) { client in
            let head = "POST /extract HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
            let body = "{\"images\":{\"data\":[]}}"
            let chunks = body.map { "1\r\n\($0)\r\n" }.joined() + "0\r\n\r\n"
            let all = try await client.exchange([Array(head.utf8), Array(chunks.utf8)], pause: 0.02)
            #expect(try WireClient.parse(all).map(\.text) == ["[]"])
        }
    }

    @Test("a connection that says nothing is closed after the idle time")
    func idle() async throws {
        let pool = ComputePool(workers: 1, waiting: 1)
        let system = InsightFaceRoutes(service: FaceService(stages: Stub.stages, pool: pool))
        try await LiveServer.with([Mount(system)], pool: pool, idleTimeout: 1) { client in
            let begun = ContinuousClock.now
            // The first request is answered; then nothing comes, and the reader waits for the end.
            let all = try await client.exchange([request("GET", "/")])
            #expect(try WireClient.parse(all).map(\.status) == [200])
            #expect(ContinuousClock.now - begun < .seconds(10))
        }
    }

    @Test("a client that has said all it has to say is answered")
    func halfClosed() async throws {
        try await LiveServer.with({ service, _ in InsightFaceRoutes(service: service) }) { client in
            let picture = Data(try Stub.png(of: .anna)).base64EncodedString()
            let body = "{\"images\":{\"data\":[\"\(picture)\"]}}"
            let all = try await client.exchange([request("POST", "/extract", body)], closesInput: true)
            #expect(try WireClient.parse(all).map(\.status) == [200])
        }
    }

    @Test(
        "what is no HTTP is refused and the server lives on",
        arguments: ["nonsense\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /\0 HTTP/1.1\r\n\r\n"]
    )
    func nonsense(text: String) async throws {
        try await LiveServer.with({ service, _ in InsightFaceRoutes(service: service) }) { client in
            let answer = try await client.exchange([Array(text.utf8)], closesInput: true)
            if !answer.isEmpty { #expect(try WireClient.parse(answer)[0].status == 400) }
            #expect(try await client.send("GET", "/").status == 200)
        }
    }

    @Test("a full queue is 503 with Retry-After, in the native shape of each system")
    func overload() async throws {
        let pool = ComputePool(workers: 1, waiting: 0)
        let service = FaceService(stages: Stub.stages, pool: pool)
        var mtcnn = MTCNNSettings()
        mtcnn.tokens = ["token"]
        let mounts = [
            Mount(InsightFaceRoutes(service: service), at: "i"),
            Mount(MTCNNRoutes(service: service, settings: mtcnn), at: "m"), Mount(NativeRoutes(service: service)),
            Mount(FaceRecognitionRoutes(service: service, galleries: MemoryGalleryStore()), at: "f"),
            Mount(
                FaceFusionRoutes(service: service, galleries: MemoryGalleryStore(), journal: MemoryFusionJournal()),
                at: "u"
            ),
            Mount(
                CompreFaceRoutes(
                    service: service,
                    directory: FixedServiceDirectory([
                        Service(name: "d", type: .detection, apiKey: APIKey(CompreFaceFixture.detection)!)
                    ]),
                    galleries: MemoryGalleryStore()
                ),
                at: "api/v1"
            ),
        ]
        let gate = DispatchSemaphore(value: 0)
        try await LiveServer.with(mounts, pool: pool) { client in
            async let busy: Void = pool.run { gate.wait() }
            while pool.isIdle { try await Task.sleep(for: .milliseconds(2)) }
            let picture = try Stub.png(of: .anna)
            let base64 = Data(picture).base64EncodedString()
            let form = WireForm().file("image", "a.png", picture)
            let responses = [
                try await client.json("POST", "/i/extract", "{\"images\":{\"data\":[\"\(base64)\"]}}"),
                try await client.json(
                    "POST",
                    "/i/ver",
                    "{\"source\":{\"data\":\"\(base64)\"},\"target\":{\"data\":[\"\(base64)\"]}}"
                ),
                try await client.form("/m/upload", form, headers: ["Authorization": "token"]),
                try await client.form("/v1/detect", WireForm().file("picture", "a.png", picture)),
                try await client.form("/f/detect", WireForm().file("image_file", "a.png", picture)),
                try await client.json("POST", "/u/detect", "{\"user_Id\":\"u\",\"inputImage\":\"\(base64)\"}"),
                try await client.form(
                    "/api/v1/detection/detect",
                    WireForm().file("file", "a.png", picture),
                    headers: ["x-api-key": CompreFaceFixture.detection]
                ),
            ]
            gate.signal()
            try await busy
            for response in responses {
                #expect(response.status == 503)
                #expect(response.headers["retry-after"].flatMap { Int($0) } ?? 0 >= 1)
            }
            #expect(responses[0].object["error"] is String)
            #expect(responses[2].text == "Service Unavailable")
            #expect((responses[3].object["error"] as? [String: String])?["code"] == "overloaded")
            #expect(responses[4].object["error_code"] as? String == "1003")
            #expect(responses[5].object["error"] is String)
            #expect(responses[6].object["code"] as? Int == 0)
            #expect(try await client.form("/v1/detect", WireForm().file("picture", "a.png", picture)).status == 200)
        }
    }

    @Test("a client that goes away gives up its place in the queue")
    func clientGone() async throws {
        let pool = ComputePool(workers: 1, waiting: 4)
        let system = NativeRoutes(service: FaceService(stages: Stub.stages, pool: pool))
        let gate = DispatchSemaphore(value: 0)
        try await LiveServer.with([Mount(system)], pool: pool) { client in
            async let busy: Void = pool.run { gate.wait() }
            while pool.isIdle { try await Task.sleep(for: .milliseconds(2)) }
            let form = WireForm().file("picture", "a.png", try Stub.png(of: .anna))
            let head =
                "POST /v1/detect HTTP/1.1\r\nHost: x\r\nContent-Type: \(form.contentType)\r\nContent-Length: \(form.bytes.count)\r\n\r\n"
            let bytes = Array(head.utf8) + form.bytes
            let handle = try client.open()
            #expect(bytes.withUnsafeBytes { write(handle, $0.baseAddress, $0.count) } == bytes.count)
            while pool.queueLength == 0 { try await Task.sleep(for: .milliseconds(2)) }
            close(handle)
            var waited = 0
            while pool.queueLength > 0, waited < 1000 {
                try await Task.sleep(for: .milliseconds(2))
                waited += 1
            }
            #expect(pool.queueLength == 0)
            gate.signal()
            try await busy
        }
    }

    @Test("identifiers of requests come back, sensible ones of clients too")
    func requestIDs() async throws {
        try await LiveServer.with({ service, _ in InsightFaceRoutes(service: service) }) { client in
            let own = try await client.send("GET", "/", headers: ["X-Request-Id": "abc-123"])
            #expect(own.headers["x-request-id"] == "abc-123")
            let odd = try await client.send("GET", "/", headers: ["X-Request-Id": "a b"])
            #expect(odd.headers["x-request-id"]?.wholeMatch(of: /[0-9a-f-]{36}/) != nil)
        }
    }

    @Test("systems lie below their prefixes; HEAD is GET without a body; the root is shared")
    func mounts() async throws {
        let pool = ComputePool(workers: 1, waiting: 4)
        let service = FaceService(stages: Stub.stages, pool: pool)
        let systems: [ServerConfiguration.SystemName: any FaceSystem] = [
            .mtcnn: MTCNNRoutes(service: service), .insightface: InsightFaceRoutes(service: service),
            .flask: FaceRecognitionRoutes(service: service, galleries: MemoryGalleryStore()),
            .fusion: FaceFusionRoutes(
                service: service,
                galleries: MemoryGalleryStore(),
                journal: MemoryFusionJournal()
            ),
        ]
        let mounts =
            [Mount(NativeRoutes(service: service)), Mount(SharedRoot(systems))]
            + systems.map { Mount($0.value, at: $0.key.prefix) }
        try await LiveServer.with(mounts, pool: pool) { client in
            #expect(try await client.send("GET", "/mtcnn").text == "Hello, face")
            #expect(try await client.send("GET", "/insightface/").text == "Hello, This is InsightFace!")
            let head = try await client.send("HEAD", "/insightface")
            #expect((head.status, head.body.count, head.headers["content-length"]) == (200, 0, "27"))
            #expect(try await client.send("GET", "/fusion-rest/rest/hello").text == "{\"hello\":\"world\"}")
            #expect(try await client.send("GET", "/nothing").text == "{\"error\":\"Not Found\"}")
            #expect(try await client.send("GET", "/mtcnn/nothing").text.contains("404"))
            // POST /detect of the shared root is told apart by what is sent.
            let picture = try Stub.png(of: .anna)
            let base64 = Data(picture).base64EncodedString()
            let flask = try await client.form("/detect", WireForm().file("image_file", "a.png", picture))
            #expect(flask.object["sucess"] as? Bool == true)
            let insight = try await client.json("POST", "/detect", "{\"images\":{\"data\":[\"\(base64)\"]}}")
            #expect(insight.json is [Any])
            let fusion = try await client.json("POST", "/detect", "{\"user_Id\":\"u\",\"inputImage\":\"\(base64)\"}")
            #expect(fusion.object["type"] as? String == "detect")
            #expect(try await client.send("GET", "/").text == "Hello, face")
            #expect(try await client.send("GET", "/", headers: ["Accept": "text/html"]).status == 404)
            #expect(try await client.send("GET", "/livez").status == 200)
            #expect(try await client.send("GET", "/upload").headers["content-type"]?.hasPrefix("text/html") == true)
            #expect(try await client.send("POST", "/upload").status == 401)
        }
    }

    @Test("beside the pages, which take any path of a browser, an endpoint's other methods are still 405")
    func pages() async throws {
        let pool = ComputePool(workers: 1, waiting: 4)
        let system = NativeRoutes(service: FaceService(stages: Stub.stages, pool: pool))
        try await LiveServer.with([Mount(system), Mount(ConsolePages())], pool: pool) { client in
            for accept in ["*/*", "text/html"] {
                let wrong = try await client.send("GET", "/v1/detect", headers: ["Accept": accept])
                #expect((wrong.status, wrong.headers["allow"]) == (405, "POST"))
            }
            for method in ["GET", "HEAD"] {
                #expect(try await client.send(method, "/nowhere", headers: ["Accept": "text/html"]).status == 302)
                #expect(try await client.send(method, "/nowhere").status == 404)
                #expect(try await client.send(method, "/login", headers: ["Accept": "text/html"]).status == 200)
                // Programs that ask for nothing in particular too, such as curl and monitors.
                #expect(try await client.send(method, "/").status == 200)
            }
        }
    }

    @Test("where all systems share the root, browsers get the pages there and programs the greeting")
    func sharedRootWithPages() async throws {
        let pool = ComputePool(workers: 1, waiting: 4)
        let service = FaceService(stages: Stub.stages, pool: pool)
        let root = SharedRoot([.mtcnn: MTCNNRoutes(service: service)])
        try await LiveServer.with([Mount(root), Mount(ConsolePages())], pool: pool) { client in
            #expect(try await client.send("GET", "/").text == "Hello, face")
            #expect(try await client.send("HEAD", "/").headers["content-length"] == "11")
            let page = try await client.send("GET", "/", headers: ["Accept": "text/html"])
            #expect(page.status == 200 && page.text.contains("/console/console.js"))
        }
    }

    @Test("another application mounts a system below its own prefix, with its own middleware")
    func routeCollection() async throws {
        struct Marking: RouterMiddleware {
            func handle(
                _ request: Request,
                context: BasicRequestContext,
                next: (Request, BasicRequestContext) async throws -> Response
            ) async throws -> Response {
                var response = try await next(request, context)
                response.headers[.server] = "marked"
                return response
            }
        }

        let pool = ComputePool(workers: 1, waiting: 4)
        let system = InsightFaceRoutes(service: FaceService(stages: Stub.stages, pool: pool))
        let router = Router(context: BasicRequestContext.self)
        router.get("own") { _, _ in "own" }
        router.group("/some/where").add(middleware: Marking()).addRoutes(system.routeCollection())
        let (ports, source) = AsyncStream<Int>.makeStream()
        let application = Application(
            router: router,
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { source.yield($0.localAddress?.port ?? 0) },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let running = Task { try await application.run() }
        defer { running.cancel() }
        let client = WireClient(port: try #require(await ports.first { _ in true }))
        #expect(try await client.send("GET", "/own").text == "own")
        let greeting = try await client.send("GET", "/some/where")
        #expect(greeting.text == "Hello, This is InsightFace!")
        #expect(greeting.headers["server"] == "marked")
        #expect(try await client.send("GET", "/some/where/nothing").object["error"] as? String == "Not Found")
        #expect(try await client.send("GET", "/some/where/extract").status == 405)
        running.cancel()
        _ = await running.result
        await pool.shutDown()
    }

    @Test("an address in use is named")
    func addressInUse() async throws {
        try await LiveServer.with({ service, _ in InsightFaceRoutes(service: service) }) { client in
            let pool = ComputePool(workers: 1, waiting: 1)
            let server = FaceServer(
                listeners: [.init(port: client.port, name: "second", mounts: [])],
                pool: pool,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
            let error = await #expect(throws: FaceServer.ListenerFault.self) { try await server.run() }
            #expect(error?.description.contains("second cannot listen on 127.0.0.1:\(client.port)") == true)
        }
    }
}

@Suite("Compute pool")
struct ComputePoolTests {
    @Test("pieces of one request are shared among the threads, in order")
    func pieces() async throws {
        let pool = ComputePool(workers: 3, waiting: 0)
        let results = try await pool.run(count: 50) { $0 * $0 }
        #expect(results == (0..<50).map { $0 * $0 })
        await pool.shutDown()
    }

    @Test("a cancelled request that waits never computes")
    func cancelled() async throws {
        let pool = ComputePool(workers: 1, waiting: 2)
        let gate = DispatchSemaphore(value: 0)
        let ran = Mutex(false)
        async let busy: Void = pool.run { gate.wait() }
        while pool.isIdle { try await Task.sleep(for: .milliseconds(1)) }
        let waiting = Task { try await pool.run { ran.withLock { $0 = true } } }
        while pool.queueLength == 0 { try await Task.sleep(for: .milliseconds(1)) }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        #expect(pool.queueLength == 0)
        gate.signal()
        try await busy
        #expect(!ran.withLock { $0 })
        await pool.shutDown()
    }

    @Test("requests that wait are counted, however many threads another one has")
    func queueLength() async throws {
        let pool = ComputePool(workers: 2, waiting: 4)
        let gate = DispatchSemaphore(value: 0)
        async let busy: [Void] = pool.run(count: 2) { _ in gate.wait() }
        while pool.isIdle { try await Task.sleep(for: .milliseconds(1)) }
        async let waiting: Void = pool.run {}
        var tries = 0
        while pool.queueLength == 0, tries < 1000 {
            try await Task.sleep(for: .milliseconds(1))
            tries += 1
        }
        #expect(pool.queueLength == 1)
        for _ in 0..<2 { gate.signal() }
        _ = try await busy
        try await waiting
        #expect(pool.queueLength == 0)
        await pool.shutDown()
    }

    @Test("a request that is alone may take all cores, several may not")
    func sharing() async throws {
        let pool = ComputePool(workers: 2, waiting: 4)
        #expect(try await pool.run { pool.isAlone })
        #expect(pool.finishedCount == 1)
        let gate = DispatchSemaphore(value: 0)
        async let busy: Void = pool.run { gate.wait() }
        while pool.isIdle { try await Task.sleep(for: .milliseconds(1)) }
        let isAlone = try await pool.run { pool.isAlone }
        #expect(!isAlone)
        gate.signal()
        try await busy
        await pool.shutDown()
    }

    @Test("errors come through")
    func errors() async {
        struct Fault: Error {}
        let pool = ComputePool(workers: 2, waiting: 2)
        await #expect(throws: Fault.self) { try await pool.run(count: 5) { if $0 == 3 { throw Fault() } } }
        await pool.shutDown()
    }
}
