// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension Graph {
    /// Constants that come out larger than this many elements are left to run time.
    private static let foldingLimit = 1 << 24

    /// Finds type and shape of every value for given input shapes; what follows from constants and shapes alone is
    /// worked out.
    ///
    /// - Parameter inputs: The shape of every graph input.
    /// - Returns: A fact for every constant, input and node output.
    /// - Throws: ``ModelError`` that names the node, its operator and the shapes of its inputs.
    package func inferFacts(inputs: [ValueID: [Int]]) throws(ModelError) -> [ValueID: TensorFact] {
        var facts: [ValueID: TensorFact] = [:]
        facts.reserveCapacity(values.count)
        for (id, tensor) in constants { facts[id] = TensorFact(constant: tensor) }
        for id in self.inputs {
            guard let shape = inputs[id] else {
                throw ModelError(.mismatch, "no shape is given for input \(self[id].name)")
            }
            try check(shape, of: id)
            facts[id] = TensorFact(dataType: self[id].dataType, shape: shape)
        }
        for node in nodes {
            let known = try node.inputs.map { (id) throws(ModelError) in
                try id.map { (id) throws(ModelError) in
                    guard let fact = facts[id] else {
                        throw ModelError(.malformed, "\(node.name): input \(self[id].name) is not produced before it")
                    }
                    return fact
                }
            }
            let inferred = try infer(node, known)
            for (id, fact) in zip(node.outputs, inferred) {
                if let id { facts[id] = fact }
            }
        }
        return facts
    }

    /// Refuses a shape that a graph input does not declare to take.
    func check(_ shape: [Int], of input: ValueID) throws(ModelError) {
        let value = self[input]
        if let declared = value.shape {
            guard declared.count == shape.count, zip(declared, shape).allSatisfy({ $0 == nil || $0 == $1 }) else {
                let written = declared.map { $0.map { String($0) } ?? "?" }.joined(separator: ", ")
                throw ModelError(.mismatch, "input \(value.name) is [\(written)], not \(shape)")
            }
        }
        try shape.checkedElementCount()
    }

    /// Facts for the outputs of one node, with their content where all inputs are constant.
    private func infer(_ node: Node, _ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        do throws(ModelError) {
            var facts = try node.operator.infer(inputs)
            for fact in facts { try fact.shape.checkedElementCount() }
            guard facts.count >= node.outputs.count else {
                throw ModelError(.malformed, "\(node.outputs.count) outputs are wanted, \(facts.count) given")
            }
            let isKnown = inputs.allSatisfy { $0 == nil || $0?.constant != nil }
            let isSmall = facts.allSatisfy { $0.shape.elementCount <= Self.foldingLimit }
            if isKnown, isSmall, facts.contains(where: { $0.constant == nil }) {
                facts = try node.operator.evaluate(inputs.map { $0?.constant }).map(TensorFact.init(constant:))
            }
            return facts
        } catch {
            throw error.at(node, inputs)
        }
    }
}

extension ModelError {
    /// The same error, saying where it happened.
    func at(_ node: Graph.Node, _ inputs: [TensorFact?]) -> ModelError {
        let shapes = inputs.map { $0.map { "\($0.shape)" } ?? "none" }.joined(separator: ", ")
        return ModelError(code, "\(node.name) (\(node.operator.label)) on \(shapes): \(message)")
    }
}
