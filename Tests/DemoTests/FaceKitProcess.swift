// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation
import Testing

/// One run of the built command.
struct FaceKitProcess {
    let status: Int32
    let output: String
    let errors: String

    /// Runs `facekit` with the environment of the tests, changed by `environment`.
    ///
    /// With an `outputFile` the answer goes there and ``output`` is empty. `input` is what standard input holds.
    init(
        _ arguments: [String],
        environment: [String: String] = [:],
        input: String = "",
        outputFile: String? = nil
    ) throws {
        let process = Process()
        process.executableURL = try Self.executable
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let (output, errors) = (Pipe(), Pipe())
        if let outputFile {
            process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: outputFile))
            try output.fileHandleForWriting.close()
        } else {
            process.standardOutput = output
        }
        process.standardError = errors
        let given = Pipe()
        process.standardInput = given
        try process.run()
        try given.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try given.fileHandleForWriting.close()
        // Answers here fit into a pipe's buffer, so reading one after the other cannot block.
        self.output = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        self.errors = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        status = process.terminationStatus
    }

    /// The command, which is built into the folder of the test runner, or beside a bundle in it.
    static var executable: URL {
        get throws {
            var folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            while !FileManager.default.isExecutableFile(atPath: folder.appendingPathComponent("facekit").path) {
                try #require(folder.path != "/", "the command facekit is not beside the tests")
                folder.deleteLastPathComponent()
            }
            return folder.appendingPathComponent("facekit")
        }
    }

    /// The output as JSON.
    func json() throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
    }
}
