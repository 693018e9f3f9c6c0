// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitHTTP
import Foundation
import Logging

/// Writes log entries to standard error as JSON, one a line.
struct JSONLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        var members: [(name: String, value: JSON)] = [
            ("time", .text(Date().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))),
            ("level", .text(event.level.rawValue)), ("message", .text("\(event.message)")),
        ]
        members += all.sorted { $0.key < $1.key }.map { ($0.key, .text("\($0.value)")) }
        FileHandle.standardError.write(Data(JSON.object(members).encoded + [UInt8(ascii: "\n")]))
    }
}
