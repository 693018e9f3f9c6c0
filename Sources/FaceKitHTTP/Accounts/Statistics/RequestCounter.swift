// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation
import Synchronization

/// Requests that are counted but not written yet.
final class RequestCounter: Sendable {
    struct Key: Hashable {
        var service: Service.ID
        var day: String
    }

    private let counts = Mutex<[Key: Int]>([:])

    func count(_ service: Service.ID, day: String) {
        counts.withLock { $0[Key(service: service, day: day), default: 0] += 1 }
    }

    /// Takes everything out.
    func take() -> [Key: Int] {
        counts.withLock { counts in
            defer { counts = [:] }
            return counts
        }
    }

    /// Puts back what could not be written.
    func putBack(_ taken: [Key: Int]) {
        counts.withLock { $0.merge(taken) { $0 + $1 } }
    }

    /// What is not written yet of a service, by day.
    func pending(of service: Service.ID) -> [String: Int] {
        counts.withLock { counts in
            counts.reduce(into: [:]) { days, entry in
                if entry.key.service == service { days[entry.key.day] = entry.value }
            }
        }
    }
}
