// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

/// Finds models by name in folders.
///
/// A model is a pair of files `NAME.onnx` and `NAME.json`, in a folder itself or in one of its sub-folders named for
/// tasks. Nothing is downloaded, and the folders are read anew at each call.
public struct ModelStore: Sendable {
    /// The folders, in the order in which they are searched.
    public let folders: [String]

    /// The sub-folders that are searched after the folder itself.
    public static let taskFolders = ["detection", "landmarks", "recognition", "pose", "attributes"]

    private let advice: String

    /// Creates a store over folders, which need not exist.
    ///
    /// - Parameters:
    ///   - folders: Where to look, in that order.
    ///   - advice: How another folder is named in this program; it ends the message about a model that is missing.
    public init(folders: [String], advice: String = "give the model store another folder") {
        self.folders = folders
        self.advice = advice
    }

    /// Returns the model called `name`.
    ///
    /// - Throws: ``FaceError/Code/modelNotFound`` when no folder has it, and what ``ModelFile/init(path:)`` throws when
    ///   it is there and damaged.
    public func model(named name: String) throws(FaceError) -> ModelFile {
        guard Self.isModelName(name) else {
            throw FaceError(.modelNotFound, "\"\(name)\" is no model name: letters, digits and . _ - only")
        }
        if let path = path(ofModelNamed: name) { return try ModelFile(path: path) }
        let searched = folders.isEmpty ? "no folder" : folders.joined(separator: ", ")
        throw FaceError(
            .modelNotFound,
            "the model \(name) is not installed (searched \(searched)): put \(name).onnx and \(name).json there"
                + " or \(advice)"
        )
    }

    /// Returns whether a folder has a model file called `name`, damaged or not.
    public func hasModel(named name: String) -> Bool {
        Self.isModelName(name) && path(ofModelNamed: name) != nil
    }

    /// A model that was found in a folder.
    public struct InstalledModel: Sendable {
        /// The name of its files.
        public let name: String
        /// The path of the model file.
        public let path: String
        /// The card, or why it cannot be used.
        public let card: Result<ModelCard, FaceError>
    }

    /// Returns every model in the folders, by name; of several with one name, only the one that would be used.
    public func installedModels() -> [InstalledModel] {
        var found: [String: InstalledModel] = [:]
        for folder in searchedFolders {
            // A folder that does not exist has no models: an ordinary answer.
            for file in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            where file.hasSuffix(".onnx") {
                let name = String(file.dropLast(".onnx".count))
                guard found[name] == nil, Self.isModelName(name) else { continue }
                let path = "\(folder)/\(file)"
                let card = Result { () throws(FaceError) in try ModelFile(path: path).card }
                found[name] = InstalledModel(name: name, path: path, card: card)
            }
        }
        return found.values.sorted { $0.name < $1.name }
    }

    private func path(ofModelNamed name: String) -> String? {
        searchedFolders.lazy.map { "\($0)/\(name).onnx" }.first(where: FileManager.default.fileExists(atPath:))
    }

    private var searchedFolders: [String] {
        folders.flatMap { folder in [folder] + Self.taskFolders.map { "\(folder)/\($0)" } }
    }

    /// Names go into paths, so they must not leave the folder.
    private static func isModelName(_ name: String) -> Bool {
        !name.isEmpty && !name.hasPrefix(".")
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
