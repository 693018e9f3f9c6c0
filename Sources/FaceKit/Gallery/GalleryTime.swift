// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

package import Foundation

/// A time as galleries keep it: whole milliseconds since 1970, so that what comes out of a file equals what went in.
package struct GalleryTime: Hashable, Sendable {
    package let milliseconds: Int64

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// Rounds a date; one beyond the calendar's years (±100 million) is brought to its edge.
    package init(_ date: Date) {
        let exact = (date.timeIntervalSince1970 * 1000).rounded()
        let edge = 3.0e18
        milliseconds = exact.isFinite ? Int64(min(max(exact, -edge), edge)) : 0
    }

    /// The present moment.
    package static var now: Self { Self(Date()) }

    package var date: Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }
}
