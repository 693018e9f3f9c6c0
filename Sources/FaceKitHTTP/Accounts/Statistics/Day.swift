// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

package import Foundation

/// Days as texts, in UTC, so that they sort by time.
package enum Day {
    private static let style = Date.ISO8601FormatStyle().year().month().day()

    /// `yyyy-MM-dd` of `date`.
    package static func text(_ date: Date) -> String { date.formatted(style) }
}
