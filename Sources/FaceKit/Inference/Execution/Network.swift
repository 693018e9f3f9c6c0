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

    private let graph: Graph

    package init(contentsOf path: String, options: Options = .init()) throws(ModelError) {
        graph = Graph()
    }

    package var inputs: [Port] { graph.inputs.map { Port(name: graph[$0].name, shape: graph[$0].shape) } }
    package var outputs: [Port] { graph.outputs.map { Port(name: graph[$0].name, shape: graph[$0].shape) } }

    /// Inputs and outputs in graph order.
    package func run(_ inputs: [Tensor]) throws(ModelError) -> [Tensor] {
        []
    }
}
