// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What a service does with the pictures it gets.
///
/// The raw values are the words of CompreFace's interfaces.
public enum ServiceType: String, Hashable, Codable, CaseIterable, Sendable {
    /// Finds faces and names them by a face collection of its own.
    case recognition = "RECOGNITION"
    /// Finds faces.
    case detection = "DETECTION"
    /// Compares the faces of two pictures.
    case verification = "VERIFY"

    /// The type as it stands in messages: `Recognition`, `Detection`, `Verification`.
    public var title: String {
        switch self {
        case .recognition: "Recognition"
        case .detection: "Detection"
        case .verification: "Verification"
        }
    }
}
