// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation
import Synchronization

/// Slows down guessing: counts failures by what they concern and refuses further tries for a while.
///
/// Counts are kept in memory, for at most 10,000 names; the oldest go first.
final class AttemptLimiter: Sendable {
    struct Limit: Sendable {
        /// Failures until tries are refused.
        var failures: Int
        /// Seconds after which a failure is forgotten.
        var window: TimeInterval
    }

    private let failures = Mutex<[String: [Date]]>([:])

    /// - Throws: ``AccountError/Code/tooManyAttempts`` when `name` has failed too often.
    func admit(_ name: String, limit: Limit, now: Date) throws(AccountError) {
        let dates = failures.withLock { recent($0[name] ?? [], limit: limit, now: now) }
        guard dates.count >= limit.failures, let first = dates.first else { return }
        let wait = max(1, Int((limit.window - now.timeIntervalSince(first)).rounded(.up)))
        throw AccountError(.tooManyAttempts, "Too many attempts. Please try again in \(wait) s", retryAfter: wait)
    }

    func noteFailure(_ name: String, limit: Limit, now: Date) {
        failures.withLock { all in
            if all[name] == nil, all.count >= 10_000 { Self.makeRoom(in: &all) }
            all[name] = Array((recent(all[name] ?? [], limit: limit, now: now) + [now]).suffix(limit.failures))
        }
    }

    /// Takes back the latest failure of `name`, which turned out to be none.
    func withdraw(_ name: String) {
        failures.withLock { all in
            guard var dates = all[name], !dates.isEmpty else { return }
            dates.removeLast()
            all[name] = dates.isEmpty ? nil : dates
        }
    }

    func forget(_ name: String) {
        failures.withLock { $0[name] = nil }
    }

    private func recent(_ dates: [Date], limit: Limit, now: Date) -> [Date] {
        dates.filter { now.timeIntervalSince($0) < limit.window }
    }

    private static func makeRoom(in all: inout [String: [Date]]) {
        let oldest = all.sorted { ($0.value.last ?? .distantPast) < ($1.value.last ?? .distantPast) }
        for (name, _) in oldest.prefix(all.count / 10) { all[name] = nil }
    }
}
