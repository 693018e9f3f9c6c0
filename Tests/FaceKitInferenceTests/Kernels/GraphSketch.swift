// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference
import FaceKitTestSupport

/// A graph under construction whose every value is computed, by the reference, as soon as it is added.
///
/// A second set of values starts from inputs that differ in the last digits. Nodes that make large numbers, or that
/// spread the two sets apart, are refused: what is left can be compared to a tolerance.
struct GraphSketch: CustomStringConvertible {
    /// Why a node was not added.
    struct Refusal: Error {}

    private(set) var graph = Graph()
    private(set) var values: [Graph.ValueID: Tensor] = [:]
    private var shadows: [Graph.ValueID: Tensor] = [:]
    private(set) var inputs: [Tensor] = []
    var random: SeededGenerator
    /// Values that a reader of the graph could ask for, oldest first.
    private(set) var made: [Graph.ValueID] = []
    /// Values that no node reads yet.
    private(set) var unread: Set<Graph.ValueID> = []

    /// Elements of the largest value that a node may make.
    private let largestCount: Int
    private static let largestMagnitude: Float = 60
    private static let inputNoise: Float = 1e-6
    private static let largestSpread = 1e-5

    init(seed: UInt64, largestCount: Int = 30_000) {
        random = SeededGenerator(seed: seed)
        self.largestCount = largestCount
    }

    func shape(_ id: Graph.ValueID) -> [Int] { values[id]?.shape ?? [] }

    // MARK: - Building

    /// Adds an input of random numbers in -1…1; where `varies`, its first extent is left open.
    mutating func input(_ shape: [Int], varies: Bool = false) -> Graph.ValueID {
        let declared = shape.enumerated().map { $0 == 0 && varies ? nil : $1 }
        let id = graph.addValue(Graph.Value(name: "input\(inputs.count)", shape: declared))
        let floats = numbers(shape.elementCount, in: -1...1)
        let noisy = floats.map { $0 * (1 + Float.random(in: -Self.inputNoise...Self.inputNoise, using: &random)) }
        values[id] = Tensor(floats, shape: shape)
        shadows[id] = Tensor(noisy, shape: shape)
        inputs.append(Tensor(floats, shape: shape))
        graph.inputs.append(id)
        made.append(id)
        return id
    }

    mutating func constant(_ shape: [Int], in range: ClosedRange<Float> = -1...1) -> Graph.ValueID {
        constant(Tensor(numbers(shape.elementCount, in: range), shape: shape))
    }

    mutating func constant(_ tensor: Tensor) -> Graph.ValueID {
        let id = graph.addConstant(tensor, name: "constant\(graph.constants.count)")
        (values[id], shadows[id]) = (tensor, tensor)
        return id
    }

    mutating func integers(_ integers: [Int]) -> Graph.ValueID {
        constant(Tensor(integers.map { Int64($0) }, shape: [integers.count]))
    }

    /// Weights that keep the size of what they are multiplied with.
    mutating func weights(_ shape: [Int], fanIn: Int) -> Graph.ValueID {
        let bound = (3 / Float(max(fanIn, 1))).squareRoot()
        return constant(shape, in: -bound...bound)
    }

    @discardableResult
    mutating func apply(_ made: any Operator, _ inputs: [Graph.ValueID?]) throws -> Graph.ValueID {
        try apply(made, inputs, outputs: 1)[0]
    }

    mutating func apply(
        _ operation: any Operator,
        _ inputs: [Graph.ValueID?],
        outputs: Int
    ) throws -> [Graph.ValueID] {
        let arguments = inputs.map { $0.flatMap { values[$0] } }
        let facts = try operation.infer(arguments.map { $0.map(TensorFact.init(constant:)) })
        guard facts.count >= outputs,
            facts.prefix(outputs).allSatisfy({ (1...largestCount).contains($0.shape.elementCount) })
        else { throw Refusal() }
        let results = try operation.evaluate(arguments).prefix(outputs)
        let shadowed = try operation.evaluate(inputs.map { $0.flatMap { shadows[$0] } }).prefix(outputs)
        for (result, shadow) in zip(results, shadowed) where result.dataType.isFloatingPoint {
            guard result.floats.allSatisfy({ abs($0) <= Self.largestMagnitude }),
                TensorDifference(shadow, result).largest <= Self.largestSpread
            else { throw Refusal() }
        }
        let ids = results.map { result in
            graph.addValue(Graph.Value(name: "value\(graph.values.count)", dataType: result.dataType))
        }
        for (id, (result, shadow)) in zip(ids, zip(results, shadowed)) {
            (values[id], shadows[id]) = (result, shadow)
            made.append(id)
            unread.insert(id)
        }
        unread.subtract(inputs.compactMap { $0 })
        let name = "\(graph.nodes.count) \(operation.label)"
        graph.nodes.append(Graph.Node(name: name, operator: operation, inputs: inputs, outputs: ids))
        return ids
    }

    mutating func setOutputs(_ ids: [Graph.ValueID]) {
        graph.outputs = ids
    }

    /// What the reference computed for the graph's outputs.
    var expected: [Tensor] { graph.outputs.compactMap { values[$0] } }

    // MARK: - Choosing

    mutating func numbers(_ count: Int, in range: ClosedRange<Float>) -> [Float] {
        (0..<count).map { _ in Float.random(in: range, using: &random) }
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    /// `true` once in `count` times.
    mutating func once(in count: Int) -> Bool { number(1...count) == 1 }

    mutating func pick<Element>(_ elements: [Element]) throws -> Element {
        guard let element = elements.randomElement(using: &random) else { throw Refusal() }
        return element
    }

    // MARK: - Description

    var description: String {
        let lines = graph.nodes.map { node in
            let arguments = node.inputs.map { $0.map { "\(graph[$0].name) \(shape($0))" } ?? "none" }
            let results = node.outputs.compactMap { $0 }.map { "\(graph[$0].name) \(shape($0))" }
            return "\(results.joined(separator: ", ")) = \(node.operator)(\(arguments.joined(separator: ", ")))"
        }
        return lines.joined(separator: "\n") + "\noutputs: "
            + graph.outputs.map { graph[$0].name }.joined(separator: " ")
    }
}
