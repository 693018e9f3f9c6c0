// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// A `GraphProto`: its messages in file order, not yet connected.
struct ONNXGraph {
    private var nodes: [ONNXNode] = []
    private var initializers: [ONNXTensor] = []
    private var inputs: [ONNXValue] = []
    private var outputs: [ONNXValue] = []
    private var hasSparseInitializers = false

    init(_ source: ByteSource, _ range: Range<Int>) throws(ModelError) {
        var reader = ProtobufReader(source, range)
        while let field = try reader.next() {
            switch field.number {
            case 1: nodes.append(try ONNXNode(source, reader.span(field)))
            case 5: initializers.append(try ONNXTensor(source, reader.span(field)))
            case 11: inputs.append(try ONNXValue(source, reader.span(field)))
            case 12: outputs.append(try ONNXValue(source, reader.span(field)))
            case 15: hasSparseInitializers = true
            default: break
            }
        }
    }

    /// Connects the nodes by name.
    ///
    /// - Throws: ``ModelError``, with all that is not supported in one.
    func graph(opset: Int) throws(ModelError) -> Graph {
        var graph = Graph()
        var ids: [String: Graph.ValueID] = [:]
        var unsupported: [String] = hasSparseInitializers ? ["sparse initialisers"] : []

        func define(_ name: String, _ id: Graph.ValueID) throws(ModelError) {
            guard ids.updateValue(id, forKey: name) == nil else {
                throw ModelError(.malformed, "value \"\(name)\" is defined twice")
            }
        }
        /// Notes what is not supported, so that reading goes on and all of it is told at once.
        func collect(_ error: ModelError, _ place: String) throws(ModelError) {
            guard error.code == .unsupported else { throw ModelError(error.code, place + error.message) }
            unsupported.append(place + error.message)
        }

        for initializer in initializers {
            do throws(ModelError) {
                try define(initializer.name, graph.addConstant(initializer.tensor(), name: initializer.name))
            } catch {
                try collect(error, "")
            }
        }
        for input in inputs where ids[input.name] == nil {
            do throws(ModelError) {
                let id = graph.addValue(try input.value())
                graph.inputs.append(id)
                try define(input.name, id)
            } catch {
                try collect(error, "")
            }
        }

        var pending: [(node: ONNXNode, operator: any Operator)] = []
        for (position, original) in nodes.enumerated() {
            var node = original
            node.opset = opset
            if node.name.isEmpty { node.name = "\(node.operatorType)_\(position)" }
            do throws(ModelError) {
                if node.operatorType == "Constant", node.domain.isEmpty {
                    guard let name = node.outputs.first else { throw ModelError(.malformed, "no output") }
                    try define(name, graph.addConstant(try OperatorRegistry.constant(&node), name: name))
                } else {
                    for var part in try QuantizedNodes.expanded(node) {
                        let made = try OperatorRegistry.makeOperator(&part)
                        pending.append((part, made))
                    }
                }
            } catch {
                try collect(error, "\(node.name) (\(node.operatorType)): ")
            }
        }
        guard unsupported.isEmpty else {
            throw ModelError(.unsupported, "not supported: " + unsupported.joined(separator: "; "))
        }

        for (node, _) in pending {
            for name in node.outputs where !name.isEmpty {
                try define(name, graph.addValue(Graph.Value(name: name)))
            }
        }
        for (node, made) in pending {
            let inputs = try node.inputs.map { (name) throws(ModelError) -> Graph.ValueID? in
                if name.isEmpty { return nil }
                guard let id = ids[name] else {
                    throw ModelError(.malformed, "\(node.name) (\(node.operatorType)): no value \"\(name)\"")
                }
                return id
            }
            let outputs = node.outputs.map { ids[$0] }
            graph.nodes.append(Graph.Node(name: node.name, operator: made, inputs: inputs, outputs: outputs))
        }
        for output in outputs {
            guard let id = ids[output.name] else {
                throw ModelError(.malformed, "output \"\(output.name)\" is not produced")
            }
            graph.outputs.append(id)
        }
        guard !graph.outputs.isEmpty else { throw ModelError(.malformed, "the graph has no outputs") }
        try graph.sortTopologically()
        return graph
    }
}

/// A `ValueInfoProto`: a graph input or output with its type.
struct ONNXValue {
    var name = ""
    private var dataType: Int64 = 0
    private var shape: [Int?]?
    private var isTensor = false

    init(_ source: ByteSource, _ range: Range<Int>) throws(ModelError) {
        var reader = ProtobufReader(source, range)
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try reader.text(field)
            case 2: try readType(ProtobufReader(source, reader.span(field)))
            default: break
            }
        }
    }

    private mutating func readType(_ reader: ProtobufReader) throws(ModelError) {
        var reader = reader
        while let field = try reader.next() {
            guard field.number == 1 else { continue }
            isTensor = true
            var tensor = ProtobufReader(reader.source, try reader.span(field))
            while let field = try tensor.next() {
                switch field.number {
                case 1: dataType = try tensor.integer(field)
                case 2: try readShape(ProtobufReader(reader.source, tensor.span(field)))
                default: break
                }
            }
        }
    }

    private mutating func readShape(_ reader: ProtobufReader) throws(ModelError) {
        var reader = reader
        var shape: [Int?] = []
        while let field = try reader.next() {
            guard field.number == 1 else { continue }
            var dimension = ProtobufReader(reader.source, try reader.span(field))
            var extent: Int?
            while let field = try dimension.next() {
                // Exporters write -1, and some 0, for an extent that may vary.
                if field.number == 1 { extent = Int(try dimension.integer(field)) }
            }
            shape.append(extent.flatMap { $0 > 0 ? $0 : nil })
        }
        self.shape = shape
    }

    func value() throws(ModelError) -> Graph.Value {
        guard isTensor, let type = DataType(onnx: dataType) else {
            throw ModelError(
                .unsupported,
                "input \"\(name)\" of type \(isTensor ? ONNXTensor.typeName(dataType) : "no tensor")"
            )
        }
        return Graph.Value(name: name, dataType: type, shape: shape)
    }
}
