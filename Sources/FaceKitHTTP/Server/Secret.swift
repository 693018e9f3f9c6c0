// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Comparison of tokens and keys.
enum Secret {
    /// Whether two texts are the same; the time depends on the length of the second only.
    static func matches(_ secret: String, _ given: String) -> Bool {
        let (secret, given) = (Array(secret.utf8), Array(given.utf8))
        var difference = UInt(bitPattern: secret.count ^ given.count)
        for (index, byte) in given.enumerated() {
            difference |= UInt((secret.isEmpty ? 0 : secret[index % secret.count]) ^ byte)
        }
        return difference == 0
    }
}
