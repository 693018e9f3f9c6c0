// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// A graph under rewriting: who makes and who uses each value, kept up to date.
struct GraphEditor {
    private(set) var graph: Graph
    private(set) var producers: [Graph.ValueID: Int] = [:]
    private(set) var consumers: [Graph.ValueID: [Int]] = [:]
    private var isRemoved: [Bool]
    private let outputs: Set<Graph.ValueID>

    init(_ graph: Graph) {
        self.graph = graph
        isRemoved = Array(repeating: false, count: graph.nodes.count)
        outputs = Set(graph.outputs)
        for index in graph.nodes.indices {
            connect(index)
        }
    }

    private mutating func connect(_ index: Int) {
        for output in graph.nodes[index].outputs.compactMap({ $0 }) { producers[output] = index }
        for input in Set(graph.nodes[index].inputs.compactMap { $0 }) { consumers[input, default: []].append(index) }
    }

    private mutating func disconnect(_ index: Int) {
        for output in graph.nodes[index].outputs.compactMap({ $0 }) where producers[output] == index {
            producers[output] = nil
        }
        for input in Set(graph.nodes[index].inputs.compactMap { $0 }) { consumers[input]?.removeAll { $0 == index } }
    }

    /// Indices of the nodes that are still there.
    var liveNodes: [Int] { graph.nodes.indices.filter { !isRemoved[$0] } }

    func isLive(_ index: Int) -> Bool { !isRemoved[index] }

    func node(_ index: Int) -> Graph.Node { graph.nodes[index] }

    func constant(_ id: Graph.ValueID?) -> Tensor? { id.flatMap { graph.constants[$0] } }

    func producer(of id: Graph.ValueID?) -> Int? { id.flatMap { producers[$0] } }

    /// The only node that uses the value, unless others or the graph's outputs use it too.
    func soleConsumer(of id: Graph.ValueID) -> Int? {
        guard !outputs.contains(id), let users = consumers[id], users.count == 1 else { return nil }
        return users[0]
    }

    func isOutput(_ id: Graph.ValueID) -> Bool { outputs.contains(id) }

    mutating func replace(_ index: Int, with node: Graph.Node) {
        disconnect(index)
        graph.nodes[index] = node
        connect(index)
    }

    mutating func remove(_ index: Int) {
        disconnect(index)
        isRemoved[index] = true
    }

    mutating func addValue(_ value: Graph.Value) -> Graph.ValueID { graph.addValue(value) }

    mutating func addConstant(_ tensor: Tensor, name: String) -> Graph.ValueID {
        graph.addConstant(tensor, name: name)
    }

    /// Lets every user of `old` use `new` instead; an output of the graph keeps its place.
    mutating func redirect(_ old: Graph.ValueID, to new: Graph.ValueID) {
        for index in consumers[old] ?? [] {
            var node = graph.nodes[index]
            node.inputs = node.inputs.map { $0 == old ? new : $0 }
            replace(index, with: node)
        }
    }

    /// The graph without removed nodes, without nodes that nobody uses and without constants that nobody uses.
    consuming func finish() -> Graph {
        var needed = outputs
        var kept: [Graph.Node] = []
        for index in graph.nodes.indices.reversed() where !isRemoved[index] {
            let node = graph.nodes[index]
            guard node.outputs.contains(where: { $0.map(needed.contains) ?? false }) else { continue }
            needed.formUnion(node.inputs.compactMap { $0 })
            kept.append(node)
        }
        graph.nodes = kept.reversed()
        graph.constants = graph.constants.filter { needed.contains($0.key) }
        return graph
    }
}
