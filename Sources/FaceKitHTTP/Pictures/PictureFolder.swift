// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation
import Synchronization

/// A folder of pictures that keeps the newest ones.
final class PictureFolder: Sendable {
    private struct State {
        /// From the oldest.
        var names: [String]
        var isReady = false
    }

    private let path: String
    private let limit: Int
    private let state = Mutex(State(names: []))

    /// - Parameters:
    ///   - path: The folder, which is made when the first picture comes.
    ///   - limit: The most pictures that are kept.
    init(path: String, limit: Int) {
        self.path = path
        self.limit = max(1, limit)
    }

    /// Writes a picture; the oldest ones make room.
    func write(_ bytes: [UInt8], as name: String) throws {
        let leaving = try state.withLock { state in
            if !state.isReady {
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
                state.names = Self.namesByAge(in: path)
                state.isReady = true
            }
            state.names.append(name)
            let excess = max(0, state.names.count - limit)
            defer { state.names.removeFirst(excess) }
            return Array(state.names.prefix(excess))
        }
        try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
        for name in leaving { try? FileManager.default.removeItem(atPath: "\(path)/\(name)") }
    }

    /// The bytes of a picture; `nil` when there is none of that name or the name is no plain one.
    func read(_ name: String) -> [UInt8]? {
        guard !name.isEmpty, !name.hasPrefix("."), !name.contains(where: { $0 == "/" || $0 == "\\" || $0 == "\0" })
        else { return nil }
        return FileManager.default.contents(atPath: "\(path)/\(name)").map { [UInt8]($0) }
    }

    private static func namesByAge(in path: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        func age(_ name: String) -> Date {
            let attributes = try? FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")
            return attributes?[.modificationDate] as? Date ?? .distantPast
        }
        return names.map { ($0, age($0)) }.sorted { ($0.1, $0.0) < ($1.1, $1.0) }.map(\.0)
    }
}
