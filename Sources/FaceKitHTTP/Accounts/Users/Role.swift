// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What a person is, on the whole server or in one application.
///
/// The raw values are CompreFace's words.
public enum Role: String, Hashable, Codable, CaseIterable, Sendable {
    /// There is exactly one on the server, and one in each application.
    case owner = "OWNER"
    case administrator = "ADMINISTRATOR"
    case user = "USER"
}
