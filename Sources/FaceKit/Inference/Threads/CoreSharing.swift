// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Says whether work on this thread may have the help of others.
///
/// A class, because a bare function as a task-local value has no metadata where the compiler specialises its use.
package final class CoreSharing: Sendable {
    /// Asked before each job of a ``WorkerPool`` and after each item that the caller has done, so that other work gets the
    /// cores as soon as it comes; it should take no longer than a lock.
    package let isWanted: @Sendable () -> Bool

    package init(isWanted: @escaping @Sendable () -> Bool) { self.isWanted = isWanted }

    /// What is in effect; `nil` stands for yes.
    package static let current = TaskLocal<CoreSharing?>(wrappedValue: nil)
}
