// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Whether a network that runs on this thread may have the help of others.
package enum CoreSharing {
    /// Asked at the start of each run; `nil` stands for yes.
    package static let isWanted = TaskLocal<(@Sendable () -> Bool)?>(wrappedValue: nil)
}
