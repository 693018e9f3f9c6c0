// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Synchronization

/// A flag that a test and a server share.
final class LockedFlag: Sendable {
    private let flag = Mutex(false)

    var value: Bool {
        get { flag.withLock { $0 } }
        set { flag.withLock { $0 = newValue } }
    }
}
