// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation

/// Where pictures with marked faces go: one file, or a folder that gets a file for each picture.
struct MarkedPictureDestination {
    private let path: String
    private let isFolder: Bool
    private var namesInUse: Set<String> = []

    /// Creates the folder where one is meant.
    ///
    /// - Throws: ``FaceError/Code/fileUnwritable`` when it cannot be created.
    init(_ path: String, pictureCount: Int) throws {
        self.path = path
        var existsAsFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &existsAsFolder)
        isFolder = pictureCount > 1 || path.hasSuffix("/") || (exists && existsAsFolder.boolValue)
        if isFolder {
            do {
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            } catch {
                throw FaceError(.fileUnwritable, "the folder \(path) cannot be created")
            }
        }
    }

    /// Draws `faces` into a copy of `image` and writes it.
    mutating func write(_ image: Image, marking faces: [FaceDetection], ofFile file: String) throws {
        try write(image.marking(faces), ofFile: file)
    }

    /// Writes a picture that is marked already.
    mutating func write(_ image: Image, ofFile file: String) throws {
        try image.write(toFile: isFolder ? "\(path)/\(freeName(for: file))" : path)
    }

    /// The name of `file`, as JPEG unless it is PNG, with a number where another picture has it already.
    private mutating func freeName(for file: String) -> String {
        let url = URL(fileURLWithPath: file)
        let stem = url.deletingPathExtension().lastPathComponent
        let suffix = url.pathExtension.lowercased() == "png" ? "png" : "jpg"
        var name = "\(stem).\(suffix)"
        var number = 2
        while !namesInUse.insert(name).inserted {
            name = "\(stem)-\(number).\(suffix)"
            number += 1
        }
        return name
    }
}
