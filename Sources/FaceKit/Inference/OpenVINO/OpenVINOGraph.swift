// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// An OpenVINO network's layers in file order and the edges between their ports.
struct OpenVINOGraph {
    /// One end of an edge.
    struct Port: Hashable {
        var layer: Int
        var port: Int
    }

    struct Edge {
        var from: Port
        var to: Port

        init(_ element: XMLReader.Element) throws(ModelError) {
            func number(_ name: String) throws(ModelError) -> Int {
                guard let number = element.attributes[name].flatMap({ Int($0) }) else {
                    throw ModelError(.malformed, "\(name) \"\(element.attributes[name] ?? "")\" of an edge")
                }
                return number
            }
            from = Port(layer: try number("from-layer"), port: try number("from-port"))
            to = Port(layer: try number("to-layer"), port: try number("to-port"))
        }
    }

    /// Integers that are made at load, all together; shape arithmetic needs a handful.
    private static let maximumIntegerCount = 1 << 22

    /// `Const` layers read so far.
    private struct Constants {
        var layers: [Graph.ValueID: OpenVINOConstant] = [:]
        var integerCount = 0
    }

    private let layers: [OpenVINOLayer]
    /// Where in `layers` each id is.
    private var positions: [Int: Int] = [:]
    /// Where each input port takes from.
    private var sources: [Port: Port] = [:]
    private let weights: ByteSource

    init(layers: [OpenVINOLayer], edges: [Edge], weights: ByteSource) throws(ModelError) {
        self.layers = layers
        self.weights = weights
        for (position, layer) in layers.enumerated() {
            guard positions.updateValue(position, forKey: layer.id) == nil else {
                throw ModelError(.malformed, "two layers have the id \(layer.id)")
            }
        }
        for edge in edges where sources.updateValue(edge.from, forKey: edge.to) != nil {
            throw ModelError(.malformed, "two edges lead to port \(edge.to.port) of layer \(edge.to.layer)")
        }
    }

    /// Makes operators of the layers, in an order in which each finds its inputs made.
    ///
    /// - Throws: ``ModelError``, with all that is not supported in one.
    func graph() throws(ModelError) -> Graph {
        let order = try topologicalOrder()
        var unsupported: [String] = []
        let integers = portsTakenAsTheyAre()
        var constants = Constants()
        var values: [Port: Graph.ValueID] = [:]
        var builder = GraphBuilder()
        for position in order {
            var layer = layers[position]
            do throws(ModelError) {
                let made = try make(&layer, inputs(of: layer, values), integers, &constants, &builder)
                for (port, value) in zip(layer.outputs, made) {
                    values[Port(layer: layer.id, port: port.id)] = value
                }
            } catch {
                let message = "\(layer.name) (\(layer.type) of \(layer.opset)): \(error.message)"
                guard error.code == .unsupported else { throw ModelError(error.code, message) }
                unsupported.append(message)
                // What takes from here is still looked at, so that all that is missing is told at once.
                for port in layer.outputs {
                    values[Port(layer: layer.id, port: port.id)] = builder.input("\(layer.name).\(port.id)", shape: nil)
                }
            }
        }
        guard unsupported.isEmpty else {
            throw ModelError(.unsupported, "not supported: " + unsupported.joined(separator: "; "))
        }
        for layer in layers where layer.type == "Result" {
            guard let port = layer.inputs.first, let source = sources[Port(layer: layer.id, port: port.id)],
                let value = values[source]
            else { throw ModelError(.malformed, "\(layer.name) (Result): no input") }
            builder.output(value, name: name(of: source))
        }
        guard !builder.graph.outputs.isEmpty else { throw ModelError(.malformed, "the network has no outputs") }
        return builder.graph
    }

    private func make(
        _ layer: inout OpenVINOLayer,
        _ inputs: [Graph.ValueID],
        _ integers: Set<Port>,
        _ constants: inout Constants,
        _ builder: inout GraphBuilder
    ) throws(ModelError) -> [Graph.ValueID] {
        switch layer.type {
        case "Parameter":
            let typeName = layer.takeText("element_type") ?? ""
            guard let type = DataType(openVINO: typeName) else {
                throw ModelError(.unsupported, "element type \"\(typeName)\"")
            }
            let name = layer.outputs.first?.names.first ?? layer.name
            return [builder.input(name, shape: try layer.takeShape("shape"), dataType: type.widened)]
        case "Const":
            let constant = try OpenVINOConstant(&layer, weights: weights)
            let isTaken = layer.outputs.contains { integers.contains(Port(layer: layer.id, port: $0.id)) }
            if isTaken, !constant.isFloatingPoint {
                constants.integerCount += constant.count
                guard constants.integerCount <= Self.maximumIntegerCount else {
                    throw ModelError(.tooLarge, "more than \(Self.maximumIntegerCount) integers in all")
                }
            }
            let id = builder.constant(isTaken ? constant.tensor() : constant.floatTensor(), name: layer.name)
            constants.layers[id] = constant
            return [id]
        case "Result": return []
        case "Convert":
            let typeName = layer.takeText("destination_type") ?? ""
            guard let type = DataType(openVINO: typeName) else {
                throw ModelError(.unsupported, "conversion to \"\(typeName)\"")
            }
            guard let input = inputs.first else { throw ModelError(.malformed, "no input") }
            if type.isFloatingPoint, let constant = constants.layers[input] {
                return [builder.constant(constant.floatTensor(), name: layer.name)]
            }
            return [builder.add(Cast(to: type.widened), [input], name: layer.name)]
        default:
            return try OpenVINOLayerRegistry.make(&layer, inputs, &builder)
        }
    }

    /// The ports from which some layer takes what is there, not only its conversion to floats.
    ///
    /// What is a constant and only converted, as quantised weights are, need not be held as integers.
    private func portsTakenAsTheyAre() -> Set<Port> {
        var ports: Set<Port> = []
        for (to, from) in sources {
            if let position = positions[to.layer], layers[position].type == "Convert",
                let type = layers[position].attributes["destination_type"].flatMap(DataType.init(openVINO:)),
                type.isFloatingPoint
            {
                continue
            }
            ports.insert(from)
        }
        return ports
    }

    private func inputs(
        of layer: OpenVINOLayer,
        _ values: [Port: Graph.ValueID]
    ) throws(ModelError) -> [Graph.ValueID] {
        var inputs: [Graph.ValueID] = []
        for port in layer.inputs {
            guard let source = sources[Port(layer: layer.id, port: port.id)] else {
                throw ModelError(.malformed, "no edge leads to port \(port.id)")
            }
            guard let value = values[source] else {
                throw ModelError(.malformed, "layer \(source.layer) has no output port \(source.port)")
            }
            inputs.append(value)
        }
        return inputs
    }

    /// What an output is called: the tensor's name, else the layer's, with the port where there are several.
    private func name(of port: Port) -> String {
        guard let layer = positions[port.layer].map({ layers[$0] }),
            let position = layer.outputs.firstIndex(where: { $0.id == port.port })
        else { return "\(port.layer).\(port.port)" }
        return layer.outputs[position].names.first
            ?? (layer.outputs.count == 1 ? layer.name : "\(layer.name).\(position)")
    }

    private func topologicalOrder() throws(ModelError) -> [Int] {
        var waits = [Int](repeating: 0, count: layers.count)
        var users = [[Int]](repeating: [], count: layers.count)
        for (to, from) in sources {
            guard let producer = positions[from.layer], let user = positions[to.layer] else {
                throw ModelError(
                    .malformed,
                    "an edge leads from layer \(from.layer) to \(to.layer), which is not there"
                )
            }
            users[producer].append(user)
            waits[user] += 1
        }
        // The file's own order wherever it is right, so that inputs and messages come in it.
        var order: [Int] = []
        var next = layers.indices.filter { waits[$0] == 0 }
        while !next.isEmpty {
            var following: [Int] = []
            for position in next {
                order.append(position)
                for user in users[position] {
                    waits[user] -= 1
                    if waits[user] == 0 { following.append(user) }
                }
            }
            next = following.sorted()
        }
        guard order.count == layers.count else {
            let circle = layers.indices.filter { waits[$0] > 0 }.prefix(5).map { layers[$0].name }
            throw ModelError(.malformed, "layers depend on each other in a circle: \(circle.joined(separator: ", "))")
        }
        return order
    }
}
