// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference
import Foundation

/// Finds models by name in folders.
///
/// A model is a card `NAME.json` and the file it names, with those that belong to it, in a folder itself or in one of its
/// sub-folders named for tasks. A model that is not there under the name it was asked for is also looked for under the
/// name that the catalogue has for it: InsightFace's `det_10g` is `scrfd_10g`. Nothing is downloaded, and the folders
/// are read anew at each call.
public struct ModelStore: Sendable {
    /// The folders, in the order in which they are searched.
    public let folders: [String]
    /// Which licences models may have; others are refused when they are asked for.
    public let licensePolicy: LicensePolicy

    /// The sub-folders that are searched after the folder itself.
    public static let taskFolders = ["detection", "landmarks", "recognition", "pose", "attributes"]

    private let advice: String

    /// Creates a store over folders, which need not exist.
    ///
    /// - Parameters:
    ///   - folders: Where to look, in that order.
    ///   - licensePolicy: Which licences models may have.
    ///   - advice: How another folder is named in this program; it ends the message about a model that is missing.
    public init(
        folders: [String],
        licensePolicy: LicensePolicy = .any,
        advice: String = "give the model store another folder"
    ) {
        self.folders = folders
        self.licensePolicy = licensePolicy
        self.advice = advice
    }

    /// Returns the model called `name`.
    ///
    /// - Throws: ``FaceError/Code/modelNotFound`` when no folder has it, ``FaceError/Code/licenseRefused`` when the
    ///   policy forbids it, and what ``ModelFile/init(cardAt:)`` throws when it is there and damaged.
    public func model(named name: String) throws(FaceError) -> ModelFile {
        guard Self.isModelName(name) else {
            throw FaceError(.modelNotFound, "\"\(name)\" is no model name: letters, digits and . _ - only")
        }
        guard let found = search(name) else { throw missing(name) }
        let file = try found.file.get()
        try licensePolicy.check(Self.license(of: file.card), ofModel: name)
        return file
    }

    /// Returns whether a folder has a model called `name`, damaged or not.
    public func hasModel(named name: String) -> Bool {
        Self.isModelName(name) && search(name) != nil
    }

    /// The licence of a model that is at hand: the stricter one of what its card says and, for a model of the
    /// catalogue, what is known there.
    public static func license(of card: ModelCard) -> ModelLicense {
        let stated = ModelLicense(describedBy: card.license)
        guard stated.use == .commercial, let known = ModelCatalogue.standard.model(named: card.name)?.license,
            known.use != .commercial
        else { return stated }
        return known
    }

    /// A model that was found in a folder.
    public struct InstalledModel: Sendable {
        /// The name it is asked for by.
        public let name: String
        /// The path of the model file.
        public let path: String
        /// The model, or why it cannot be used.
        public let file: Result<ModelFile, FaceError>

        /// The card, or why it cannot be used.
        public var card: Result<ModelCard, FaceError> { file.map(\.card) }
    }

    /// Returns every model in the folders, by name; of several with one name, only the one that would be used.
    public func installedModels() -> [InstalledModel] {
        var found: [String: InstalledModel] = [:]
        for folder in searchedFolders {
            // A folder that does not exist has no models: an ordinary answer.
            let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            var models: [InstalledModel] = []
            for name in Set(files.compactMap(Self.modelName)) where Self.isModelName(name) {
                if let model = Self.model(named: name, in: folder) { models.append(model) }
            }
            // A file that a card of another name speaks for is no model of its own.
            let claimed = Set(models.compactMap { try? $0.file.get() }.flatMap(\.paths))
            for model in models where found[model.name] == nil {
                if case .failure = model.file, claimed.contains(model.path) { continue }
                found[model.name] = model
            }
        }
        return found.values.sorted { $0.name < $1.name }
    }

    private func search(_ name: String) -> InstalledModel? {
        let known = ModelCatalogue.standard.model(named: name)?.name
        for name in [name] + (known.map { $0 == name ? [] : [$0] } ?? []) {
            for folder in searchedFolders {
                if let model = Self.model(named: name, in: folder) { return model }
            }
        }
        return nil
    }

    /// The model in that folder, if there is one: a usable card, or a model file with a card that is not usable.
    private static func model(named name: String, in folder: String) -> InstalledModel? {
        let card = "\(folder)/\(name).json"
        let hasCard = FileManager.default.fileExists(atPath: card)
        let path = NetworkReader.endings.lazy.map { "\(folder)/\(name).\($0)" }
            .first(where: FileManager.default.fileExists(atPath:))
        let file = Result { () throws(FaceError) in
            if hasCard || path == nil { try ModelFile(cardAt: card) } else { try ModelFile(path: path ?? "") }
        }
        switch file {
        case .success(let model):
            return InstalledModel(name: name, path: model.path, file: file)
        case .failure(let error):
            if let path { return InstalledModel(name: name, path: path, file: file) }
            // Any JSON file may lie in a folder; one that is a card is a model whose files are missing or damaged.
            guard hasCard, error.code != .invalidModelCard else { return nil }
            return InstalledModel(name: name, path: card, file: file)
        }
    }

    /// The name of the model that a file of this name could belong to.
    private static func modelName(_ file: String) -> String? {
        guard let dot = file.lastIndex(of: "."),
            (NetworkReader.endings + ["json"]).contains(String(file[file.index(after: dot)...]))
        else { return nil }
        return String(file[..<dot])
    }

    private func missing(_ name: String) -> FaceError {
        let searched = folders.isEmpty ? "no folder" : folders.joined(separator: ", ")
        var message = "the model \(name) is not installed (searched \(searched)): "
        if let obstacle = ModelCatalogue.standard.model(named: name)?.obstacle {
            message += obstacle.advice
        } else {
            message += "get it with \"facekit models pull \(name)\""
        }
        return FaceError(.modelNotFound, message + ", put it with its card \(name).json there, or \(advice)")
    }

    private var searchedFolders: [String] {
        folders.flatMap { folder in [folder] + Self.taskFolders.map { "\(folder)/\($0)" } }
    }

    /// Whether `name` can be that of a model: letters, digits, `.`, `_` and `-`, the first no point.
    ///
    /// Names go into paths, so they must not leave the folder.
    public static func isModelName(_ name: String) -> Bool {
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
