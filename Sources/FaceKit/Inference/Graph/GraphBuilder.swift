// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Writes a graph node by node, each after the nodes that it takes from.
///
/// For readers whose files list layers in order and for architectures that are written in code.
package struct GraphBuilder {
    package private(set) var graph = Graph()

    package init() {}

    /// Adds a graph input of type `float32`.
    ///
    /// - Parameter shape: An extent is `nil` when it may vary; `nil` when not even the rank is known.
    package mutating func input(_ name: String, shape: [Int?]?, dataType: DataType = .float32) -> Graph.ValueID {
        let id = graph.addValue(Graph.Value(name: name, dataType: dataType, shape: shape))
        graph.inputs.append(id)
        return id
    }

    package mutating func constant(_ tensor: Tensor, name: String) -> Graph.ValueID {
        graph.addConstant(tensor, name: name)
    }

    /// Adds a node with one output, which is called like the node.
    package mutating func add(
        _ made: any Operator,
        _ inputs: [Graph.ValueID?],
        name: String
    ) -> Graph.ValueID {
        let output = graph.addValue(Graph.Value(name: name))
        graph.nodes.append(Graph.Node(name: name, operator: made, inputs: inputs, outputs: [output]))
        return output
    }

    /// Adds a node with several outputs, called like the node with their position.
    package mutating func add(
        _ made: any Operator,
        _ inputs: [Graph.ValueID?],
        name: String,
        outputCount: Int
    ) -> [Graph.ValueID] {
        let outputs = (0..<outputCount).map { graph.addValue(Graph.Value(name: "\(name).\($0)")) }
        graph.nodes.append(Graph.Node(name: name, operator: made, inputs: inputs, outputs: outputs))
        return outputs
    }

    /// Makes a value an output of the graph under a name of its own.
    ///
    /// What is an input, a constant or an output already is handed through a node first.
    package mutating func output(_ id: Graph.ValueID, name: String) {
        var id = id
        if graph.inputs.contains(id) || graph.constants[id] != nil || graph.outputs.contains(id) {
            id = add(Identity(), [id], name: name)
        }
        graph[id].name = name
        graph.outputs.append(id)
    }

    /// The content of a value, where it is a constant.
    package func constant(_ id: Graph.ValueID) -> Tensor? { graph.constants[id] }
}
