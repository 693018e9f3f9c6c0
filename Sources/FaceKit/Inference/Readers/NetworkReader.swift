// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Reads a network in any of the formats that the engine knows.
package enum NetworkReader {
    /// What a file that holds weights only is to become.
    package enum Architecture: Sendable, Hashable {
        /// For a weight manifest of face-api.js.
        case faceAPI(FaceAPINetwork)
        /// For a state dictionary of PyTorch.
        case pyTorch(PyTorchReader.Architecture)

        /// The architecture that model cards call `name`.
        package init?(named name: String) {
            if let network = FaceAPINetwork(rawValue: name) {
                self = .faceAPI(network)
            } else if let architecture = PyTorchReader.Architecture(rawValue: name) {
                self = .pyTorch(architecture)
            } else {
                return nil
            }
        }

        /// What ``init(named:)`` knows.
        package static var names: [String] {
            FaceAPINetwork.allCases.map(\.rawValue) + PyTorchReader.Architecture.allCases.map(\.rawValue)
        }
    }

    /// The endings of files that hold a network, one that a name alone cannot be taken for aside: a weight manifest
    /// ends in `.json` as much else does.
    package static let endings = ["onnx", "xml", "pt", "pth"]

    /// Chooses the reader by the name's ending: `.xml` is OpenVINO's, `.json` a weight manifest, `.pt` and `.pth`
    /// state dictionaries, and all else ONNX.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - architecture: What the weights belong to, for formats that hold no graph; `nil` takes what the tensors' names
    ///     say.
    /// - Returns: The network's graph.
    /// - Throws: ``ModelError``; `unsupported` where the architecture cannot be told or is not one for this format.
    package static func read(
        contentsOf path: String,
        architecture: Architecture? = nil
    ) throws(ModelError) -> Graph {
        let ending = path.lastIndex(of: ".").map { path[$0...].lowercased() } ?? ""
        switch (ending, architecture) {
        case (".json", .faceAPI(let network)?): return try FaceAPIReader.read(manifest: path, network: network)
        case (".json", nil): return try FaceAPIReader.read(manifest: path)
        case (".pt", .pyTorch(let architecture)?), (".pth", .pyTorch(let architecture)?):
            return try PyTorchReader.read(contentsOf: path, architecture: architecture)
        case (".pt", nil), (".pth", nil):
            let known = PyTorchReader.Architecture.allCases.map(\.rawValue).joined(separator: ", ")
            throw ModelError(.unsupported, "\(path) holds weights only; name their architecture: \(known)")
        case (".xml", nil): return try OpenVINOReader.read(contentsOf: path)
        case (_, nil): return try ONNXReader.read(contentsOf: path)
        case (_, let architecture?):
            throw ModelError(.unsupported, "\(path) is not a file for the architecture \(architecture)")
        }
    }
}
