// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitTestSupport
import Foundation
import Testing

/// A run of `facekit serve` with every listener on a port that the system chooses.
final class ServerProcess {
    /// The folder of everything that the server keeps.
    let data: String
    /// Clients of the listeners by the names that the server prints.
    let clients: [String: WireClient]
    /// The seconds from its start until it answered.
    let startSeconds: Double
    private let process: Process

    /// Starts a server and waits until it listens.
    init(_ settings: [String] = [], environment: [String: String] = [:], data: String? = nil) throws {
        self.data = data ?? FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        process = Process()
        process.executableURL = try FaceKitProcess.executable
        var arguments = ["serve", "--data", self.data, "--port", "0", "--set", "log.level=error"]
        for system in ["fusion", "flask", "mtcnn", "insightface"] { arguments += ["--set", "ports.\(system)=0"] }
        process.arguments = arguments + ["--set", "mtcnn.token=token"] + settings.flatMap { ["--set", $0] }
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let output = Pipe()
        process.standardOutput = output
        let begun = ContinuousClock.now
        try process.run()
        var text = ""
        var clients: [String: WireClient] = [:]
        while clients.count < 5 {
            let bytes = output.fileHandleForReading.availableData
            try #require(!bytes.isEmpty, "the server ended: \(text)")
            text += String(decoding: bytes, as: UTF8.self)
            for line in text.split(separator: "\n").dropLast(text.hasSuffix("\n") ? 0 : 1) {
                guard let match = line.wholeMatch(of: /http:\/\/127\.0\.0\.1:(\d+)  (.+)/), let port = Int(match.1)
                else { continue }
                clients[String(match.2)] = WireClient(port: port)
            }
        }
        self.clients = clients
        startSeconds = (ContinuousClock.now - begun) / .seconds(1)
    }

    deinit { stop() }

    /// The client of a listener.
    subscript(name: String) -> WireClient {
        get throws { try #require(clients[name], "there is no listener \(name)") }
    }

    /// The client of the main listener.
    var main: WireClient { get throws { try self["native API, CompreFace"] } }

    /// Ends the server as an operator would, and removes its data; returns its exit code.
    @discardableResult
    func stop(keepsData: Bool = false) -> Int32 {
        if process.isRunning { process.terminate() }
        process.waitUntilExit()
        if !keepsData { try? FileManager.default.removeItem(atPath: data) }
        return process.terminationStatus
    }
}
