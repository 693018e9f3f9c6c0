// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What CompreFace holds before anyone signs up.
///
/// Its keys are known to the world, so it is created on demand only.
public enum DemoContent {
    public static let applicationName = "Demo app"
    public static let recognitionKey = "00000000-0000-0000-0000-000000000002"
    public static let detectionKey = "00000000-0000-0000-0000-000000000003"
    public static let verificationKey = "00000000-0000-0000-0000-000000000004"

    static let services: [(name: String, type: ServiceType, key: String)] = [
        ("Demo", .recognition, recognitionKey),
        ("Detection_Demo", .detection, detectionKey),
        ("Verification_Demo", .verification, verificationKey),
    ]
}
