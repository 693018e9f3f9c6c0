// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// A loaded network: immutable, shared between threads.
package struct Network: Sendable {
    /// Which kernels compute.
    package enum Backend: Sendable {
        case fast
        case reference
    }

    package struct Options: Sendable {
        package var backend: Backend = .fast
        /// 0 stands for all cores.
        package var threads: Int = 0

        package init() {}
    }

    /// An input or output as the model file declares it.
    package struct Port: Sendable {
        package let name: String
        /// An extent is `nil` when it may vary.
        package let shape: [Int?]?
    }

    private let executor: ReferenceExecutor

    package init(contentsOf path: String, options: Options = .init()) throws(ModelError) {
        executor = ReferenceExecutor(try ONNXReader.read(contentsOf: path))
    }

    package var inputs: [Port] { executor.graph.inputs.map(port) }
    package var outputs: [Port] { executor.graph.outputs.map(port) }

    private func port(_ id: Graph.ValueID) -> Port {
        Port(name: executor.graph[id].name, shape: executor.graph[id].shape)
    }

    /// Inputs and outputs in graph order.
    package func run(_ inputs: [Tensor]) throws(ModelError) -> [Tensor] {
        guard inputs.count == executor.graph.inputs.count else {
            throw ModelError(.mismatch, "\(inputs.count) inputs given, \(executor.graph.inputs.count) wanted")
        }
        return try executor.run(Dictionary(uniqueKeysWithValues: zip(executor.graph.inputs, inputs)))
    }
}
