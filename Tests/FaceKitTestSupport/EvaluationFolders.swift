// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import Foundation

/// Where the pictures and models that tests measure with lie; they are never part of the package.
///
/// Tests that need them are skipped with a reason when the variable is not set.
public enum EvaluationFolders {
    /// The folder named by `FACEKIT_MODEL_MIRROR`.
    public static let models = folder("FACEKIT_MODEL_MIRROR")
    /// The folder named by `FACEKIT_EVAL`.
    public static let pictures = folder("FACEKIT_EVAL")

    private static func folder(_ variable: String) -> URL? {
        guard let path = ProcessInfo.processInfo.environment[variable], !path.isEmpty else { return nil }
        let url = URL(fileURLWithPath: path, isDirectory: true)
        return FileManager.default.fileExists(atPath: url.path) ? url : nil
    }
}
