// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

/// A model on disk: its file, with those it needs beside it, and its card.
public struct ModelFile: Hashable, Sendable {
    /// The path of the model file.
    public let path: String
    /// What is known of it.
    public let card: ModelCard

    /// Pairs a model file with a card that is already at hand.
    public init(path: String, card: ModelCard) {
        self.path = path
        self.card = card
    }

    /// Finds the card beside a model file: `NAME.json` for `NAME.onnx`, `NAME.xml` and so on.
    ///
    /// The sizes of the files are compared with the card; the weights themselves are not read here.
    ///
    /// - Throws: ``FaceError/Code/fileUnreadable`` when one of the files cannot be read,
    ///   ``FaceError/Code/invalidModelCard`` when the card is damaged, ``FaceError/Code/invalidModel`` when a file of
    ///   the model has not the size the card says.
    public init(path: String) throws(FaceError) {
        let card = try ModelCard(contentsOf: URL(fileURLWithPath: path).deletingPathExtension().path + ".json")
        self.init(path: path, card: card)
        try checkSizes()
    }

    /// Finds the model file beside a card, by the name the card gives.
    ///
    /// The sizes of the files are compared with the card; the weights themselves are not read here.
    ///
    /// - Throws: What ``init(path:)`` throws.
    public init(cardAt path: String) throws(FaceError) {
        let card = try ModelCard(contentsOf: path)
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        self.init(path: folder.appendingPathComponent(card.file).path, card: card)
        try checkSizes()
    }

    /// The paths of the files the model consists of, in the order of ``ModelCard/parts``; the first is ``path``.
    public var paths: [String] {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        return [path] + card.companions.map { folder.appendingPathComponent($0.file).path }
    }

    private func checkSizes() throws(FaceError) {
        for (path, part) in zip(paths, card.parts) {
            let size: Int
            do {
                let attributes = try FileManager.default.attributesOfItem(
                    atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path
                )
                size = (attributes[.size] as? NSNumber)?.intValue ?? 0
            } catch {
                throw FaceError(.fileUnreadable, "the model file \(path) cannot be read", cause: error)
            }
            guard size == part.bytes else {
                throw FaceError(
                    .invalidModel,
                    "the model file \(path) has \(size) bytes, its card says \(part.bytes): fetch it again"
                        + " (facekit models pull \(card.name))"
                )
            }
        }
    }

    /// What embeddings of this model call their space: its name and the first eight digits of the SHA-256, of each of
    /// its files where there are several.
    public var space: String {
        "\(card.name)@" + card.parts.map { String($0.sha256.prefix(8)) }.joined(separator: "-")
    }
}
