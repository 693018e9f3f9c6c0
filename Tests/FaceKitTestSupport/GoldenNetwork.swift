// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

package import FaceKitInference
package import Foundation

/// A network of the model mirror with inputs and the outputs that another runtime gave for them.
package struct GoldenNetwork: Sendable, CustomStringConvertible {
    package let model: URL
    package let golden: URL

    /// Folder and name without ending, as in `detection/yunet_n`.
    package var name: String {
        model.deletingLastPathComponent().lastPathComponent + "/" + model.deletingPathExtension().lastPathComponent
    }

    package var description: String { name }

    /// All networks of the mirror that come with golden outputs, by name; none when there is no mirror.
    package static let all: [GoldenNetwork] = {
        guard let folder = EvaluationFolders.models else { return [] }
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        var networks: [GoldenNetwork] = []
        for case let golden as URL in files?.allObjects ?? [] where golden.path.hasSuffix(".golden.npz") {
            let model = golden.deletingPathExtension().deletingPathExtension().appendingPathExtension("onnx")
            if FileManager.default.fileExists(atPath: model.path) {
                networks.append(GoldenNetwork(model: model, golden: golden))
            }
        }
        return networks.sorted { $0.name < $1.name }
    }()

    /// Inputs by value name, and expected outputs by value name.
    ///
    /// Arrays are called `input:NAME` and `output:NAME`, `input_uint8:NAME` where bytes are kept for a network that
    /// takes floats, or just `input` and `output`.
    package func tensors() throws -> (inputs: [String: Tensor], outputs: [String: Tensor]) {
        var (inputs, outputs): ([String: Tensor], [String: Tensor]) = ([:], [:])
        for (name, tensor) in try NumpyArchive(contentsOf: golden).arrays {
            let parts = name.split(separator: ":", maxSplits: 1).map(String.init)
            switch parts[0] {
            case "input": inputs[parts.last ?? ""] = tensor
            case "input_uint8":
                inputs[parts.last ?? ""] = Tensor(tensor.integers.map { Float($0) }, shape: tensor.shape)
            case "output": outputs[parts.last ?? ""] = tensor
            default: break
            }
        }
        guard !inputs.isEmpty, !outputs.isEmpty else { throw TestDataError("\(golden.path) has no inputs or outputs") }
        return (inputs, outputs)
    }
}

/// How far two tensors are apart.
package struct TensorDifference: CustomStringConvertible {
    /// The largest of |actual - expected| / max(1, |expected|); infinite when types, shapes or not-a-numbers differ.
    package let largest: Double
    package let description: String

    package init(_ actual: Tensor, _ expected: Tensor) {
        guard actual.shape == expected.shape, actual.dataType == expected.dataType else {
            largest = .infinity
            description =
                "\(actual.dataType) \(actual.shape) instead of \(expected.dataType) \(expected.shape)"
            return
        }
        let isFloat = actual.dataType.isFloatingPoint
        let found = isFloat ? actual.floats.map(Double.init) : actual.integers.map(Double.init)
        let wanted = isFloat ? expected.floats.map(Double.init) : expected.integers.map(Double.init)
        var (worst, position) = (0.0, 0)
        for index in found.indices {
            let (a, b) = (found[index], wanted[index])
            if a == b || (a.isNaN && b.isNaN) { continue }
            let difference = abs(a - b) / max(1, abs(b))
            if !(difference <= worst) { (worst, position) = (difference.isNaN ? .infinity : difference, index) }
        }
        largest = worst
        description =
            found.isEmpty
            ? "empty" : "\(worst) at element \(position): \(found[position]) instead of \(wanted[position])"
    }
}
