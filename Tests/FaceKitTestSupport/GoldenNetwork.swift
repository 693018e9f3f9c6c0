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

    /// The stored inputs by value, and the expected outputs in the graph's order.
    ///
    /// Arrays are called `input:NAME` and `output:NAME`, `input_uint8:NAME` where bytes are kept for a network that
    /// takes floats, or just `input` and `output` where there is one of each.
    package func tensors(for graph: Graph) throws -> (inputs: [Graph.ValueID: Tensor], outputs: [Tensor]) {
        let arrays = try NumpyArchive(contentsOf: golden).arrays
        func array(_ kind: String, _ id: Graph.ValueID, isOnly: Bool) throws -> Tensor {
            if let named = arrays["\(kind):\(graph[id].name)"] { return named }
            if let bytes = arrays["\(kind)_uint8:\(graph[id].name)"] {
                return Tensor(bytes.integers.map { Float($0) }, shape: bytes.shape)
            }
            guard isOnly, let unnamed = arrays[kind] else {
                throw TestDataError("\(golden.path) has no \(kind) \(graph[id].name)")
            }
            return unnamed
        }
        var inputs: [Graph.ValueID: Tensor] = [:]
        for id in graph.inputs { inputs[id] = try array("input", id, isOnly: graph.inputs.count == 1) }
        let outputs = try graph.outputs.map { try array("output", $0, isOnly: graph.outputs.count == 1) }
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
