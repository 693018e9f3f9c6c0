// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference
import FaceKitTestSupport
import Testing

/// A network with most kinds of content that a file can have: weights as raw bytes and as lists, shape arithmetic,
/// every kind of attribute.
private let sound: [UInt8] = {
    var file = ONNXFile(opset: 13)
    file.addInput("x", shape: [nil, 2, 6, 6])
    file.addInitializer(ONNXFile.tensor("w", dims: [3, 2, 3, 3], floats: (0..<54).map { Float($0) / 54 - 0.5 }))
    var bias = ProtobufMessage()
    bias.add(1, Int64(3))
    bias.add(2, Int64(1))
    for value in [0.5, -0.5, 0.25] as [Float] { bias.addFloat(4, value) }
    bias.add(8, "b")
    file.addInitializer(bias)
    file.addInitializer(ONNXFile.tensor("pads", integers: [0, 0, 1, 1, 0, 0, 1, 1]))
    file.addInitializer(ONNXFile.tensor("tail", integers: [-1]))
    file.addInitializer(ONNXFile.tensor("from", integers: [0]))
    file.addInitializer(ONNXFile.tensor("to", integers: [1]))
    file.addInitializer(ONNXFile.tensor("scales", dims: [4], floats: [1, 1, 2, 2]))
    file.addNode("Pad", ["x", "pads"], ["p"], [("mode", .text("reflect"))])
    file.addNode(
        "Conv",
        ["p", "w", "b"],
        ["c"],
        [("kernel_shape", .integers([3, 3])), ("strides", .integers([2, 1])), ("group", .integer(1))]
    )
    file.addNode("LeakyRelu", ["c"], ["l"], [("alpha", .float(0.1))])
    file.addNode("MaxPool", ["l"], ["m"], [("kernel_shape", .integers([2, 2])), ("strides", .integers([2, 2]))])
    file.addNode("Resize", ["m", "", "scales"], ["r"], [("mode", .text("linear"))])
    file.addNode("Shape", ["r"], ["s"])
    file.addNode("Slice", ["s", "from", "to"], ["n"])
    file.addNode("Concat", ["n", "tail"], ["target"], [("axis", .integer(0))])
    file.addNode("Reshape", ["r", "target"], ["f"])
    file.addNode("Constant", [], ["half"], [("value", .tensor(ONNXFile.tensor("", dims: [1], floats: [0.5])))])
    file.addNode("Mul", ["f", "half"], ["y"])
    file.addNode("Softmax", ["y"], ["z"], [("axis", .integer(-1))])
    file.addOutput("z")
    return file.bytes
}()

/// Reads, infers and, where that stays small, runs, on the kernels too; any of it may throw a ``ModelError``, none of it may trap.
private func exercise(_ bytes: [UInt8]) throws(ModelError) {
    let graph = try ONNXReader.read(bytes)
    var inputs: [Graph.ValueID: Tensor] = [:]
    for id in graph.inputs {
        let shape = (graph[id].shape ?? [1, 2, 6, 6]).map { $0 ?? 1 }
        guard try shape.checkedElementCount() <= 1 << 16 else { return }
        let type = graph[id].dataType
        inputs[id] =
            type.isFloatingPoint
            ? Tensor((0..<shape.elementCount).map { Float($0 % 7) }, shape: shape, dataType: type)
            : Tensor((0..<shape.elementCount).map { Int64($0 % 2) }, shape: shape, dataType: type)
    }
    let facts = try graph.inferFacts(inputs: inputs.mapValues(\.shape))
    guard facts.values.allSatisfy({ $0.shape.elementCount <= 1 << 20 }) else { return }
    _ = try ReferenceExecutor(graph).run(inputs)
    _ = try Network(graph, options: .init(threads: 1)).run(graph.inputs.compactMap { inputs[$0] })
}

@Suite struct MalformedModelTests {
    @Test("The sound model that the others are made from reads and runs")
    func soundModel() throws {
        try exercise(sound)
    }

    @Test("A model cut short anywhere is refused or, between fields, misses something and says so")
    func truncation() {
        for length in 0..<sound.count {
            #expect(throws: ModelError.self, "cut to \(length) of \(sound.count) bytes") {
                try exercise(Array(sound.prefix(length)))
            }
        }
    }

    @Test("Flipped bits never trap", arguments: 0..<8)
    func bitFlips(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var refused = 0
        for _ in 0..<2000 {
            var bytes = sound
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let position = Int.random(in: bytes.indices, using: &random)
                bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
            do { try exercise(bytes) } catch { refused += 1 }
        }
        #expect(refused > 500 && refused < 2000)
    }

    @Test(
        "Bytes overwritten with extreme numbers never trap",
        arguments: 0..<8
    )
    func extremes(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed) + 100)
        var refused = 0
        for _ in 0..<1000 {
            var bytes = sound
            let start = Int.random(in: 0..<bytes.count - 10, using: &random)
            let pattern: [UInt8] = [0xFF, 0x7F, 0x80, 0x00, 0x01].shuffled(using: &random)
            for offset in 0..<Int.random(in: 1...10, using: &random) { bytes[start + offset] = pattern[0] }
            do { try exercise(bytes) } catch { refused += 1 }
        }
        #expect(refused > 500 && refused < 1000)
    }

    @Test(
        "A tensor whose extents do not fit its data is refused",
        arguments: [[5], [3, 3], [-4], [1 << 40, 1 << 40], [1 << 62, 4], [.max, .max], [0, 1 << 62]] as [[Int64]]
    )
    func absurdExtents(dims: [Int64]) {
        var file = ONNXFile(opset: 13)
        file.addInitializer(ONNXFile.tensor("w", dims: dims, floats: [1, 2, 3, 4]))
        file.addNode("Identity", ["w"], ["y"])
        file.addOutput("y")
        #expect(throws: ModelError.self) { try ONNXReader.read(file.bytes) }
    }

    @Test("A tensor that declares extents but holds nothing is refused")
    func emptyTensor() throws {
        var (file, tensor) = (ONNXFile(opset: 13), ProtobufMessage())
        tensor.add(1, Int64(1000))
        tensor.add(2, Int64(1))
        tensor.add(8, "w")
        file.addInitializer(tensor)
        file.addNode("Identity", ["w"], ["y"])
        file.addOutput("y")
        let error = try #require(throws: ModelError.self) { try ONNXReader.read(file.bytes) }
        #expect(error.code == .malformed && error.message.contains("\"w\""))
    }

    @Test("All that is not supported is told at once, with node and operator")
    func unsupported() throws {
        var file = ONNXFile(opset: 13)
        file.addInput("x", shape: [1])
        file.addNode("Fancy", ["x"], ["a"], name: "first")
        file.addNode("If", ["x"], ["b"], [("then_branch", .graph)], name: "second")
        file.addNode("Relu", ["b"], ["c"], [("slope", .float(1))], name: "third")
        file.addNode("Resize", ["c", "", ""], ["y"], [("mode", .text("lanczos"))], name: "fourth")
        file.addOutput("y")
        let error = try #require(throws: ModelError.self) { try ONNXReader.read(file.bytes) }
        #expect(error.code == .unsupported)
        for part in ["first (Fancy)", "second (If)", "third (Relu)", "slope", "fourth (Resize)", "lanczos"] {
            #expect(error.message.contains(part), "\(error.message)")
        }
    }

    @Test("Nodes in a circle, values defined twice and values never defined are refused")
    func brokenGraphs() throws {
        var circle = ONNXFile(opset: 13)
        circle.addNode("Relu", ["b"], ["a"], name: "one")
        circle.addNode("Relu", ["a"], ["b"], name: "two")
        circle.addOutput("b")
        #expect(try #require(throws: ModelError.self) { try ONNXReader.read(circle.bytes) }.message.contains("circle"))

        var twice = ONNXFile(opset: 13)
        twice.addInput("x", shape: [1])
        twice.addNode("Relu", ["x"], ["y"])
        twice.addNode("Exp", ["x"], ["y"])
        twice.addOutput("y")
        #expect(try #require(throws: ModelError.self) { try ONNXReader.read(twice.bytes) }.message.contains("twice"))

        var never = ONNXFile(opset: 13)
        never.addNode("Relu", ["nowhere"], ["y"])
        never.addOutput("y")
        #expect(try #require(throws: ModelError.self) { try ONNXReader.read(never.bytes) }.message.contains("nowhere"))
    }

    @Test("Nodes that stand in the wrong order are sorted")
    func sorting() throws {
        var file = ONNXFile(opset: 13)
        file.addInput("x", shape: [2])
        file.addNode("Neg", ["a"], ["y"])
        file.addNode("Relu", ["x"], ["a"])
        file.addOutput("y")
        let graph = try ONNXReader.read(file.bytes)
        let outputs = try ReferenceExecutor(graph).run([graph.inputs[0]: Tensor([-1, 2] as [Float], shape: [2])])
        #expect(outputs[0].floats == [0, -2])
    }

    @Test("An input that has an initialiser is a constant")
    func initializedInput() throws {
        var file = ONNXFile(opset: 13)
        file.addInput("x", shape: [2])
        file.addInput("w", shape: [2])
        file.addInitializer(ONNXFile.tensor("w", dims: [2], floats: [3, 4]))
        file.addNode("Mul", ["x", "w"], ["y"])
        file.addOutput("y")
        let graph = try ONNXReader.read(file.bytes)
        #expect(graph.inputs.map { graph[$0].name } == ["x"])
        #expect(graph.constants.count == 1)
    }
}
