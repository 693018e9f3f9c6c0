// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import HTTPTypes
public import Hummingbird
public import Logging
import NIOCore

/// A request as a system's handlers see it.
public struct SystemRequest: Sendable {
    /// The method and the header fields.
    public let head: HTTPRequest
    /// The components of the path below the system's mount point, as they were sent.
    public let path: [Substring]
    /// What the route's pattern names in the path, percent-decoded.
    public internal(set) var parameters: [String: String] = [:]
    /// The parameters of the query string.
    public let query: QueryItems
    /// Identifies the request in logs and in the header `X-Request-Id`.
    public let id: String
    /// Writes to the log with the request's id.
    public let logger: Logger
    /// Tells when the client goes away; `nil` where the application's context does not know its channel.
    public let client: ClientWatch?
    /// The client's network address without port; `nil` where the application's context does not know its channel.
    public let remoteAddress: String?
    /// The longest time that a body may take, in seconds.
    public let bodyTimeout: Int
    private var content: RequestBody

    /// Creates a request; tests of handlers do so too.
    public init(
        head: HTTPRequest,
        path: [Substring],
        query: String,
        body: RequestBody,
        id: String,
        logger: Logger,
        client: ClientWatch? = nil,
        remoteAddress: String? = nil,
        bodyTimeout: Int = 60
    ) {
        self.head = head
        self.path = path
        self.query = QueryItems(parsing: query)
        self.id = id
        self.logger = logger
        self.client = client
        self.remoteAddress = remoteAddress
        self.bodyTimeout = bodyTimeout
        content = body
    }

    /// The request with a body that was read before.
    func replacingBody(_ bytes: [UInt8]) -> SystemRequest {
        var copy = self
        copy.content = RequestBody(buffer: ByteBuffer(bytes: bytes))
        return copy
    }

    /// The method.
    public var method: HTTPRequest.Method { head.method }

    /// A header field's value, by its name in any case.
    public func header(_ name: String) -> String? {
        HTTPField.Name(name).flatMap { head.headerFields[$0] }
    }

    /// The type and subtype of the body in lower case, without parameters; empty when the request has none.
    public var mediaType: String {
        let header = head.headerFields[.contentType] ?? ""
        return header[...].prefix { $0 != ";" }.trimmingSpace().lowercased()
    }

    /// Whether the body is JSON: `application/json` or `application/*+json`.
    public var isJSON: Bool {
        let type = mediaType
        return type == "application/json" || type.hasPrefix("application/") && type.hasSuffix("+json")
    }

    /// Whether the body is `multipart/form-data`.
    public var isMultipart: Bool { mediaType == "multipart/form-data" }
}

extension SystemRequest {
    /// Reads the body.
    ///
    /// - Throws: When it is longer than `limit` bytes or takes longer than ``bodyTimeout``.
    public func body(limit: Int) async throws -> [UInt8] {
        try checkLength(limit)
        return try await withinTime { content in
            var bytes: [UInt8] = []
            if let length = head.headerFields[.contentLength].flatMap(Int.init) { bytes.reserveCapacity(length) }
            for try await chunk in content {
                guard bytes.count + chunk.readableBytes <= limit else { throw RequestBodyError.tooLarge(limit: limit) }
                bytes.append(contentsOf: chunk.readableBytesView)
            }
            return bytes
        }
    }

    /// Reads the body as JSON, whatever its content type.
    ///
    /// - Throws: When it is too long, too slow or no JSON.
    public func json(limit: Int) async throws -> JSON {
        let bytes = try await body(limit: limit)
        do {
            return try JSONReader.value(in: bytes)
        } catch {
            throw RequestBodyError.malformed("the body is not JSON: \(error)")
        }
    }

    /// Reads the body as a form.
    ///
    /// - Throws: When the content type is another, or the body is too long, too slow or malformed.
    public func form(_ limits: MultipartForm.Limits) async throws -> MultipartForm {
        guard isMultipart else { throw RequestBodyError.wrongContentType(mediaType) }
        let boundary = HeaderParameters((head.headerFields[.contentType] ?? "")[...])["boundary"] ?? ""
        try checkLength(limits.body)
        do {
            return try await withinTime { content in
                var parser = try MultipartParser(boundary: boundary)
                var collector = MultipartForm.Collector(limits: limits)
                var length = 0
                for try await chunk in content {
                    length += chunk.readableBytes
                    guard length <= limits.body else { throw RequestBodyError.tooLarge(limit: limits.body) }
                    try parser.consume(chunk.readableBytesView) { try collector.handle($0) }
                }
                try parser.finish()
                return collector.form
            }
        } catch let fault as MultipartParser.Fault {
            throw RequestBodyError.malformed(fault.description)
        }
    }

    /// Refuses a body whose announced length is beyond the limit before it is sent.
    private func checkLength(_ limit: Int) throws(RequestBodyError) {
        if let length = head.headerFields[.contentLength].flatMap(Int.init), length > limit {
            throw .tooLarge(limit: limit)
        }
    }

    private func withinTime<Result: Sendable>(
        _ read: @escaping @Sendable (RequestBody) async throws -> Result
    ) async throws -> Result {
        do {
            return try await withDeadline(.seconds(bodyTimeout)) { [content] in try await read(content) }
        } catch is DeadlineExceeded {
            throw RequestBodyError.timeout(seconds: bodyTimeout)
        }
    }
}
