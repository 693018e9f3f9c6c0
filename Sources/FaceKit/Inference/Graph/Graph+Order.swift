// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension Graph {
    /// Puts the nodes into an order in which every input is produced before it is used, leaving an order that
    /// is right as it is.
    ///
    /// - Throws: ``ModelError/Code/malformed`` when nodes depend on each other in a circle.
    package mutating func sortTopologically() throws(ModelError) {
        var producers: [ValueID: Int] = [:]
        for (position, node) in nodes.enumerated() {
            for case let id? in node.outputs { producers[id] = position }
        }
        var waits = [Int](repeating: 0, count: nodes.count)
        var users = [[Int]](repeating: [], count: nodes.count)
        for (position, node) in nodes.enumerated() {
            for case let id? in node.inputs {
                guard let producer = producers[id] else { continue }
                users[producer].append(position)
                waits[position] += 1
            }
        }
        var order: [Int] = []
        var ready = nodes.indices.filter { waits[$0] == 0 }
        while !ready.isEmpty {
            var next: [Int] = []
            for position in ready {
                order.append(position)
                for user in users[position] {
                    waits[user] -= 1
                    if waits[user] == 0 { next.append(user) }
                }
            }
            ready = next
        }
        guard order.count == nodes.count else {
            let circle = nodes.indices.filter { waits[$0] > 0 }.prefix(5).map { nodes[$0].name }
            throw ModelError(.malformed, "nodes depend on each other in a circle: \(circle.joined(separator: ", "))")
        }
        if !isInOrder { nodes = order.map { nodes[$0] } }
    }

    /// Whether every node stands after the nodes that it takes from.
    private var isInOrder: Bool {
        var produced = Set(inputs).union(constants.keys)
        for node in nodes {
            guard node.inputs.allSatisfy({ $0.map(produced.contains) ?? true }) else { return false }
            produced.formUnion(node.outputs.compactMap { $0 })
        }
        return true
    }
}
