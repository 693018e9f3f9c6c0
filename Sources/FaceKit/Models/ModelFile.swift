// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

/// A model on disk: its file and its card.
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

    /// Finds the card beside a model file: `NAME.json` for `NAME.onnx`.
    ///
    /// The size of the file is compared with the card; the weights themselves are not read here.
    ///
    /// - Throws: ``FaceError/Code/fileUnreadable`` when one of the files cannot be read,
    ///   ``FaceError/Code/invalidModelCard`` when the card is damaged, ``FaceError/Code/invalidModel`` when the model
    ///   file has not the size the card says.
    public init(path: String) throws(FaceError) {
        let card = try ModelCard(contentsOf: URL(fileURLWithPath: path).deletingPathExtension().path + ".json")
        let size: Int
        do {
            let attributes = try FileManager.default.attributesOfItem(
                atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path
            )
            size = (attributes[.size] as? NSNumber)?.intValue ?? 0
        } catch {
            throw FaceError(.fileUnreadable, "the model file \(path) cannot be read", cause: error)
        }
        guard size == card.bytes else {
            throw FaceError(
                .invalidModel,
                "the model file \(path) has \(size) bytes, its card says \(card.bytes): fetch it again"
            )
        }
        self.init(path: path, card: card)
    }

    /// The name and the first eight digits of the SHA-256: what embeddings of this model call their space.
    public var space: String { "\(card.name)@\(card.sha256.prefix(8))" }
}
