// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import Foundation

/// How a command answers on standard output.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Answer in JSON.")
    var json = false

    /// Prints a message as JSON where that was asked for, as text otherwise.
    func print(_ message: some Encodable, text: () -> String) throws {
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            Swift.print(String(decoding: try encoder.encode(message), as: UTF8.self))
        } else {
            let text = text()
            if !text.isEmpty { Swift.print(text) }
        }
        // What is still buffered would otherwise be lost without a word when a disk is full.
        if fflush(nil) != 0 { throw OutputLost(reason: String(cString: strerror(errno))) }
    }
}

/// What a command says when its answer cannot be written.
private struct OutputLost: Error, CustomStringConvertible {
    let reason: String
    var description: String { "the answer cannot be written to standard output (\(reason))" }
}

extension FloatingPoint where Self: CVarArg {
    /// The number with `digits` digits after the point.
    func formatted(digits: Int) -> String { String(format: "%.\(digits)f", self) }
}
