// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Reads PyTorch's state dictionaries into the networks whose architecture is known here.
package enum PyTorchReader {
    /// The known architectures.
    package enum Architecture: String, Sendable, CaseIterable {
        /// FaceNet's Inception-ResNet-v1. Input: RGB, (pixel - 127.5) / 128, 160 pixels square. Output: `embedding`
        /// [batch, 512] of unit length.
        case inceptionResNetV1 = "inception_resnet_v1"
    }

    /// Reads a `.pt` or `.pth` file; nothing in it is executed, and its weights stay in the mapping.
    ///
    /// - Throws: ``ModelError``: `unreadable`; `malformed` also when a tensor of the network is missing; `unsupported`
    ///   with the name of what the file holds beyond tensors.
    package static func read(contentsOf path: String, architecture: Architecture) throws(ModelError) -> Graph {
        try graph(StateDictionary(contentsOf: path), architecture)
    }

    /// Builds the network from tensors that are at hand.
    package static func graph(
        _ weights: StateDictionary,
        _ architecture: Architecture
    ) throws(ModelError) -> Graph {
        switch architecture {
        case .inceptionResNetV1: try InceptionResNetV1.graph(weights)
        }
    }
}
