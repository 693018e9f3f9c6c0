// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A small HTTP server on the loopback interface, whose answers a test makes up: also ones that end too early, that
/// lie about their length or that never come.
package final class LocalServer: Sendable {
    package struct Request: Sendable {
        package let path: String
        /// By names in small letters.
        package let headers: [String: String]
    }

    package struct Answer: Sendable {
        package var status = 200
        package var headers: [String: String] = [:]
        package var body: [UInt8] = []
        /// The connection is closed after so many bytes of the body.
        package var cutAfter: Int?
        /// The stated length, by default that of the body; with a negative one none is stated, and the end of the
        /// connection is the end of the body.
        package var statedLength: Int?
        /// Before the body.
        package var pause: Duration = .zero

        package init(
            status: Int = 200,
            headers: [String: String] = [:],
            body: [UInt8] = [],
            cutAfter: Int? = nil,
            statedLength: Int? = nil,
            pause: Duration = .zero
        ) {
            self.status = status
            self.headers = headers
            self.body = body
            self.cutAfter = cutAfter
            self.statedLength = statedLength
            self.pause = pause
        }

        package static let absent = Answer(status: 404)

        /// The whole file or, when `request` asks for it, its rest, as a server does that can do that.
        package static func file(_ body: [UInt8], tag: String? = nil, to request: Request) -> Answer {
            var headers = ["Accept-Ranges": "bytes"]
            if let tag { headers["ETag"] = tag }
            let isSame = request.headers["if-range"].map { $0 == tag } ?? true
            guard isSame, let range = request.headers["range"],
                let first = range.wholeMatch(of: /bytes=(\d+)-/).flatMap({ Int($0.1) })
            else { return Answer(headers: headers, body: body) }
            guard first < body.count else {
                return Answer(status: 416, headers: ["Content-Range": "bytes */\(body.count)"])
            }
            headers["Content-Range"] = "bytes \(first)-\(body.count - 1)/\(body.count)"
            return Answer(status: 206, headers: headers, body: Array(body[first...]))
        }
    }

    private struct State {
        var requests: [Request] = []
        var isStopped = false
    }

    /// The base address, without a slash at the end.
    package let address: String
    private let descriptor: Int32
    private let state = Mutex(State())
    private let answer: @Sendable (Request, Int) -> Answer

    /// Starts a server.
    ///
    /// - Parameter answer: Is given each request and how many came before it.
    /// - Throws: ``TestDataError`` when there is no port for it.
    package init(_ answer: @escaping @Sendable (Request, Int) -> Answer) throws {
        #if canImport(Darwin)
            descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #else
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #endif
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let descriptor = descriptor
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &place) { place in
            place.withMemoryRebound(to: sockaddr.self, capacity: 1) { place in
                bind(descriptor, place, size) == 0 && listen(descriptor, 16) == 0
                    && getsockname(descriptor, place, &size) == 0
            }
        }
        guard isBound else {
            throw TestDataError("no port on the loopback interface: \(String(cString: strerror(errno)))")
        }
        address = "http://127.0.0.1:\(UInt16(bigEndian: place.sin_port))"
        self.answer = answer
        Thread.detachNewThread { [self] in
            while true {
                let connection = accept(descriptor, nil, nil)
                // Only this thread closes the socket: its number must not become another's while it is waited at.
                if connection < 0 || state.withLock(\.isStopped) {
                    if connection >= 0 { close(connection) }
                    close(descriptor)
                    return
                }
                Thread.detachNewThread { self.serve(connection) }
            }
        }
    }

    /// What was asked so far.
    package var requests: [Request] { state.withLock(\.requests) }

    /// Takes no further requests.
    package func stop() {
        let isFirst = state.withLock { state in
            defer { state.isStopped = true }
            return !state.isStopped
        }
        guard isFirst else { return }
        // Ends the waiting below, which closes: a number closed here could be the next server's before that sees it.
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    private func serve(_ connection: Int32) {
        defer { close(connection) }
        var head: [UInt8] = []
        while !head.suffix(4).elementsEqual([13, 10, 13, 10]) {
            var byte: UInt8 = 0
            guard read(connection, &byte, 1) == 1, head.count < 1 << 16 else { return }
            head.append(byte)
        }
        var lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
        guard !lines.isEmpty else { return }
        let words = lines.removeFirst().split(separator: " ")
        var headers: [String: String] = [:]
        for line in lines {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(
                in: .whitespaces
            )
        }
        let request = Request(path: words.count > 1 ? String(words[1]) : "", headers: headers)
        let number = state.withLock { state in
            state.requests.append(request)
            return state.requests.count - 1
        }
        let answer = answer(request, number)
        var text = "HTTP/1.1 \(answer.status) Answer\r\nConnection: close\r\n"
        for (name, value) in answer.headers { text += "\(name): \(value)\r\n" }
        let length = answer.statedLength ?? answer.body.count
        if length >= 0 { text += "Content-Length: \(length)\r\n" }
        guard send(Array((text + "\r\n").utf8), to: connection) else { return }
        if answer.pause > .zero {
            Thread.sleep(
                forTimeInterval: Double(answer.pause.components.seconds)
                    + Double(answer.pause.components.attoseconds) / 1e18
            )
        }
        _ = send(Array(answer.body.prefix(answer.cutAfter ?? answer.body.count)), to: connection)
    }

    private func send(_ bytes: [UInt8], to connection: Int32) -> Bool {
        var offset = 0
        while offset < bytes.count {
            let length = bytes.withUnsafeBytes { bytes in
                #if canImport(Darwin)
                    Darwin.send(connection, bytes.baseAddress! + offset, bytes.count - offset, 0)
                #elseif canImport(Glibc)
                    Glibc.send(
                        connection,
                        bytes.baseAddress! + offset,
                        bytes.count - offset,
                        Int32(MSG_NOSIGNAL)
                    )
                #else
                    Musl.send(connection, bytes.baseAddress! + offset, bytes.count - offset, MSG_NOSIGNAL)
                #endif
            }
            if length <= 0 { return false }
            offset += length
        }
        return true
    }
}
