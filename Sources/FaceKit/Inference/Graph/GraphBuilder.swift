// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Writes a graph node by node, each after the nodes that it takes from.
///
/// For readers whose files list layers in order and for architectures that are written in code.
package struct GraphBuilder {
    package private(set) var graph = Graph()
    /// What cannot become an output under a name of its own any more.
    private var ports: Set<Graph.ValueID> = []

    package init() {}

    /// Adds a graph input.
    ///
    /// An extent of its shape is `nil` when it may vary, the shape when not even the rank is known.
    package mutating func input(_ name: String, shape: [Int?]?, dataType: DataType = .float32) -> Graph.ValueID {
        let id = graph.addValue(Graph.Value(name: name, dataType: dataType, shape: shape))
        graph.inputs.append(id)
        ports.insert(id)
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
        if graph.constants[id] != nil || ports.contains(id) {
            id = add(Identity(), [id], name: name)
        }
        graph[id].name = name
        graph.outputs.append(id)
        ports.insert(id)
    }

    /// The content of a value, where it is a constant.
    package func constant(_ id: Graph.ValueID) -> Tensor? { graph.constants[id] }
}
