// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Says whether a network that runs on this thread may have the help of others.
///
/// A class, because a bare function as a task-local value has no metadata where the compiler specialises its use.
package final class CoreSharing: Sendable {
    /// Asked at the start of each run.
    package let isWanted: @Sendable () -> Bool

    package init(isWanted: @escaping @Sendable () -> Bool) { self.isWanted = isWanted }

    /// What is in effect; `nil` stands for yes.
    package static let current = TaskLocal<CoreSharing?>(wrappedValue: nil)
}
