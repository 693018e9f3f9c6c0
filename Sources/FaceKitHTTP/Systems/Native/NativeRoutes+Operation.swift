// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation
import HTTPTypes
import Hummingbird

extension NativeRoutes {
    /// What operators and readers look at.
    var operation: [SystemRoute] {
        var routes = [
            SystemRoute(.get, "/health/live") { _ in .json(["status": "ok"]) },
            SystemRoute(.get, "/health/ready") { _ in
                await isReady()
                    ? .json(["status": "ok"]) : .json(["status": "starting"], status: .serviceUnavailable)
            },
            SystemRoute(.get, "/openapi.json") { _ in .json(NativeDescription.document) },
            SystemRoute(.get, "/docs") { _ in
                .text(NativeDescription.page, type: "text/html; charset=utf-8")
            },
        ]
        if let metrics {
            routes.append(
                SystemRoute(.get, "/metrics") { _ in
                    .text(metrics.text + ProcessFigures.text, type: "text/plain; version=0.0.4; charset=utf-8")
                }
            )
        }
        return routes
    }
}

/// What the operating system says of the process, in Prometheus' text format.
enum ProcessFigures {
    static var text: String {
        var lines: [String] = []
        if let memory = residentMemory {
            lines += ["# TYPE process_resident_memory_bytes gauge", "process_resident_memory_bytes \(memory)"]
        }
        if let seconds = processorSeconds {
            lines += ["# TYPE process_cpu_seconds_total counter", "process_cpu_seconds_total \(seconds)"]
        }
        return lines.map { $0 + "\n" }.joined()
    }

    /// Bytes of memory that are in use, where the system tells.
    static var residentMemory: Int? {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
        let numbers = text.split(separator: " ")
        return numbers.count > 1 ? Int(numbers[1]).map { $0 * Int(sysconf(Int32(_SC_PAGESIZE))) } : nil
    }

    private static var processorSeconds: Double? {
        guard let text = try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return nil }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
