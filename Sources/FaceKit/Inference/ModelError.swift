// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What goes wrong when a network is read, planned or run.
package struct ModelError: Error, CustomStringConvertible, Sendable {
    package enum Code: Sendable {
        /// The file cannot be opened or read.
        case unreadable
        /// The file is not a model, is damaged or contradicts itself.
        case malformed
        /// The file is sound but needs operators, attributes or types the engine does not have.
        case unsupported
        /// Tensor shapes or types do not fit: in the graph, or between the graph and the inputs given.
        case mismatch
        /// The computation would need more memory than the limits allow.
        case tooLarge
    }

    package var code: Code
    /// Names the node, operator, shapes or byte offset that was wrong.
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
