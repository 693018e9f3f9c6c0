// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Writes protocol-buffers messages, so that tests can make ONNX files, sound ones and others.
package struct ProtobufMessage {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package mutating func add(_ number: Int, _ value: Int64) {
        varint(UInt64(number) << 3)
        varint(UInt64(bitPattern: value))
    }

    package mutating func addFloat(_ number: Int, _ value: Float) {
        varint(UInt64(number) << 3 | 5)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }

    package mutating func add(_ number: Int, _ text: String) {
        add(number, Array(text.utf8))
    }

    package mutating func add(_ number: Int, _ message: ProtobufMessage) {
        add(number, message.bytes)
    }

    package mutating func add(_ number: Int, _ content: [UInt8]) {
        varint(UInt64(number) << 3 | 2)
        varint(UInt64(content.count))
        bytes += content
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F | 0x80))
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

/// An ONNX model put together by hand.
package struct ONNXFile {
    private var graph = ProtobufMessage()
    private let opset: Int

    package init(opset: Int) {
        self.opset = opset
    }

    /// The file's bytes.
    package var bytes: [UInt8] {
        var (model, set) = (ProtobufMessage(), ProtobufMessage())
        set.add(2, Int64(opset))
        model.add(1, 8)
        model.add(8, set)
        model.add(7, graph)
        return model.bytes
    }

    /// What an attribute can hold here.
    package enum Attribute {
        case integer(Int64)
        case float(Float)
        case text(String)
        case integers([Int64])
        case tensor(ProtobufMessage)
        case graph
    }

    package mutating func addNode(
        _ type: String,
        _ inputs: [String],
        _ outputs: [String],
        _ attributes: [(String, Attribute)] = [],
        name: String = ""
    ) {
        var node = ProtobufMessage()
        for input in inputs { node.add(1, input) }
        for output in outputs { node.add(2, output) }
        if !name.isEmpty { node.add(3, name) }
        node.add(4, type)
        for (name, value) in attributes {
            var attribute = ProtobufMessage()
            attribute.add(1, name)
            switch value {
            case .integer(let value):
                attribute.add(3, value)
                attribute.add(20, 2)
            case .float(let value):
                attribute.addFloat(2, value)
                attribute.add(20, 1)
            case .text(let value):
                attribute.add(4, value)
                attribute.add(20, 3)
            case .integers(let values):
                for value in values { attribute.add(8, value) }
                attribute.add(20, 7)
            case .tensor(let value):
                attribute.add(5, value)
                attribute.add(20, 4)
            case .graph:
                attribute.add(6, ProtobufMessage())
                attribute.add(20, 5)
            }
            node.add(5, attribute)
        }
        graph.add(1, node)
    }

    /// A tensor message with its elements as raw bytes.
    package static func tensor(
        _ name: String,
        dims: [Int64],
        dataType: Int64,
        raw: [UInt8]
    ) -> ProtobufMessage {
        var tensor = ProtobufMessage()
        for extent in dims { tensor.add(1, extent) }
        tensor.add(2, dataType)
        tensor.add(8, name)
        tensor.add(9, raw)
        return tensor
    }

    package static func tensor(_ name: String, dims: [Int64], floats: [Float]) -> ProtobufMessage {
        tensor(name, dims: dims, dataType: 1, raw: floats.flatMap { littleEndianBytes($0.bitPattern) })
    }

    package static func tensor(_ name: String, integers: [Int64]) -> ProtobufMessage {
        tensor(name, dims: [Int64(integers.count)], dataType: 7, raw: integers.flatMap(littleEndianBytes))
    }

    /// The bytes of a number as model files hold it.
    package static func littleEndianBytes(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }

    package mutating func addInitializer(_ tensor: ProtobufMessage) {
        graph.add(5, tensor)
    }

    package mutating func addInput(_ name: String, dataType: Int64 = 1, shape: [Int64?]) {
        graph.add(11, Self.valueInfo(name, dataType, shape))
    }

    package mutating func addOutput(_ name: String) {
        graph.add(12, Self.valueInfo(name, 1, []))
    }

    private static func valueInfo(_ name: String, _ dataType: Int64, _ shape: [Int64?]) -> ProtobufMessage {
        var (value, type, tensor, extents) =
            (ProtobufMessage(), ProtobufMessage(), ProtobufMessage(), ProtobufMessage())
        for extent in shape {
            var dimension = ProtobufMessage()
            if let extent { dimension.add(1, extent) } else { dimension.add(2, "free") }
            extents.add(1, dimension)
        }
        tensor.add(1, dataType)
        tensor.add(2, extents)
        type.add(1, tensor)
        value.add(1, name)
        value.add(2, type)
        return value
    }
}
