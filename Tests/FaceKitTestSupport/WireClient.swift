// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Dispatch
import Foundation

/// An answer as it came over the socket.
package struct WireResponse: Sendable {
    package var status: Int
    /// Names in lower case.
    package var headers: [String: String]
    package var body: [UInt8]

    package var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as JSON.
    package var json: Any? { try? JSONSerialization.jsonObject(with: Data(body), options: .fragmentsAllowed) }

    /// The body as a JSON object.
    package var object: [String: Any] { json as? [String: Any] ?? [:] }
}

/// Why an exchange failed.
package struct WireError: Error, CustomStringConvertible {
    package var description: String

    package init(description: String) { self.description = description }
}

/// A client that speaks HTTP/1.1 over a plain socket, so that tests see and send exact bytes.
package struct WireClient: Sendable {
    package let port: Int

    package init(port: Int) { self.port = port }

    /// Sends a request and waits for its answer.
    package func send(
        _ method: String,
        _ path: String,
        headers: [String: String] = [:],
        body: [UInt8]? = nil
    ) async throws -> WireResponse {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if let body { head += "Content-Length: \(body.count)\r\n" }
        let bytes = Array((head + "\r\n").utf8) + (body ?? [])
        let all = try await exchange([bytes])
        let responses = try Self.parse(all, isHead: method == "HEAD")
        guard let last = responses.last else { throw WireError(description: "no answer") }
        return last
    }

    /// Sends JSON.
    package func json(
        _ method: String,
        _ path: String,
        _ json: String,
        headers: [String: String] = [:]
    ) async throws -> WireResponse {
        try await send(
            method,
            path,
            headers: headers.merging(["Content-Type": "application/json"]) { own, _ in own },
            body: Array(json.utf8)
        )
    }

    /// Sends a form.
    package func form(
        _ path: String,
        _ form: WireForm,
        headers: [String: String] = [:],
        method: String = "POST"
    ) async throws -> WireResponse {
        try await send(
            method,
            path,
            headers: headers.merging(["Content-Type": form.contentType]) { own, _ in own },
            body: form.bytes
        )
    }

    /// Sends bytes in pieces, with a pause between them, and returns everything that comes until the other side closes.
    package func exchange(_ pieces: [[UInt8]], pause: Double = 0, closesInput: Bool = false) async throws -> [UInt8] {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    with: Result { try blockingExchange(pieces, pause: pause, closesInput: closesInput) }
                )
            }
        }
    }

    private func blockingExchange(_ pieces: [[UInt8]], pause: Double, closesInput: Bool) throws -> [UInt8] {
        let handle = try open()
        defer { close(handle) }
        for (index, piece) in pieces.enumerated() {
            if index > 0, pause > 0 { usleep(UInt32(pause * 1e6)) }
            var sent = 0
            while sent < piece.count {
                let count = piece[sent...].withUnsafeBytes { write(handle, $0.baseAddress, $0.count) }
                // The server may have answered and closed before it has read everything.
                if count <= 0 { break }
                sent += count
            }
        }
        if closesInput { shutdown(handle, Int32(SHUT_WR)) }
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(handle, &buffer, buffer.count)
            if count <= 0 { break }
            received += buffer[..<count]
        }
        return received
    }

    /// Opens a connection.
    package func open() throws -> Int32 {
        signal(SIGPIPE, SIG_IGN)
        #if canImport(Darwin)
            let handle = socket(AF_INET, SOCK_STREAM, 0)
        #else
            let handle = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #endif
        var timeout = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(handle, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(handle, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else {
            close(handle)
            throw WireError(description: "no connection to port \(port)")
        }
        return handle
    }

    /// Takes the answers of a connection apart.
    package static func parse(_ bytes: [UInt8], isHead: Bool = false) throws -> [WireResponse] {
        var responses: [WireResponse] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            guard let end = rest.indices.first(where: { rest[$0...].starts(with: [13, 10, 13, 10]) }) else {
                throw WireError(
                    description:
                        "the answer has no end of its head: \(String(decoding: rest.prefix(80), as: UTF8.self))"
                )
            }
            let lines = String(decoding: rest[..<end], as: UTF8.self).components(separatedBy: "\r\n")
            guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
                throw WireError(description: "the answer has no status: \(lines.first ?? "")")
            }
            var headers: [String: String] = [:]
            for line in lines.dropFirst() {
                guard let colon = line.firstIndex(of: ":") else { continue }
                headers[line[..<colon].lowercased()] =
                    line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            }
            rest = rest[(end + 4)...]
            var body: [UInt8] = []
            if isHead || status == 204 {
                body = []
            } else if let length = headers["content-length"].flatMap({ Int($0) }) {
                body = Array(rest.prefix(length))
                rest = rest.dropFirst(length)
            } else {
                body = Array(rest)
                rest = []
            }
            responses.append(WireResponse(status: status, headers: headers, body: body))
        }
        return responses
    }
}

/// A form as it goes over the wire.
package struct WireForm: Sendable {
    package init() {}

    private var content: [UInt8] = []
    package let boundary = "----FaceKitTestBoundary7MA4YWxk"

    package var contentType: String { "multipart/form-data; boundary=\(boundary)" }
    package var bytes: [UInt8] { content + Array("--\(boundary)--\r\n".utf8) }

    package func file(_ name: String, _ fileName: String, _ bytes: [UInt8], type: String? = "image/png") -> WireForm {
        part("name=\"\(name)\"; filename=\"\(fileName)\"", bytes, type: type)
    }

    package func field(_ name: String, _ value: String) -> WireForm {
        part("name=\"\(name)\"", Array(value.utf8), type: nil)
    }

    package func part(_ disposition: String, _ bytes: [UInt8], type: String?) -> WireForm {
        var copy = self
        copy.content += Array("--\(boundary)\r\nContent-Disposition: form-data; \(disposition)\r\n".utf8)
        if let type { copy.content += Array("Content-Type: \(type)\r\n".utf8) }
        copy.content += [13, 10] + bytes + [13, 10]
        return copy
    }
}
