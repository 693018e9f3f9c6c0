// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

package import Foundation

extension UUID {
    /// The identifier as the interfaces print it: 36 characters, lower case.
    package var text: String { uuidString.lowercased() }
}
