// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// The requests of one day (UTC).
public struct DailyCount: Hashable, Sendable {
    /// `yyyy-MM-dd`.
    public var day: String
    public var requests: Int

    public init(day: String, requests: Int) {
        self.day = day
        self.requests = requests
    }
}
