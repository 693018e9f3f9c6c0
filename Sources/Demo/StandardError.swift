// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation
import Synchronization

/// Lines for people on standard error, beside the answer on standard output.
enum StandardError {
    /// Writes one line about something that failed.
    static func report(_ error: any Error) {
        write("Error: \(error)\n")
    }

    static func write(_ text: String) {
        FileHandle.standardError.write(Data(text.utf8))
    }
}

/// A line that counts, shown only where standard error is a terminal.
struct ProgressLine: ~Copyable, Sendable {
    private let what: String
    private let isShown = isatty(2) == 1
    private let lastShare = Mutex(-1)

    /// - Parameter what: What is counted, such as `"pictures"`.
    init(counting what: String) {
        self.what = what
    }

    /// Shows the numbers, at most once for every thousandth of the whole.
    func show(_ done: Int, of count: Int) {
        guard isShown, count > 0 else { return }
        let share = done * 1000 / count
        let isNew = lastShare.withLock { last in
            defer { last = share }
            return last != share
        }
        if isNew { StandardError.write("\r\(done) of \(count) \(what)") }
    }

    /// Removes the line.
    func clear() {
        if isShown { StandardError.write("\r\u{1B}[K") }
    }
}
