// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Writes small networks in OpenVINO's representation, version 11, for tests.
package struct OpenVINOFile {
    /// A layer's output.
    package struct Value {
        package var layer, port: Int
        package var shape: [Int]
    }

    package private(set) var weights: [UInt8] = []
    private var layers = ""
    private var edges = ""
    private var count = 0

    package init() {}

    package var xml: [UInt8] {
        let text = """
            <?xml version="1.0"?>
            <!-- Written by a test. -->
            <net name="test" version="11">
            <layers>
            \(layers)</layers>
            <edges>
            \(edges)</edges>
            <rt_info><version value="1"/></rt_info>
            </net>

            """
        return Array(text.utf8)
    }

    package mutating func parameter(_ name: String, _ shape: [Int], type: String = "f32") -> Value {
        layer("Parameter", name, "shape=\"\(Self.list(shape))\" element_type=\"\(type)\"", [], [shape])[0]
    }

    package mutating func constant(_ floats: [Float], _ shape: [Int]) -> Value {
        constant(floats.flatMap { Self.bytes($0.bitPattern) }, shape, "f32")
    }

    package mutating func integers(_ integers: [Int64], _ shape: [Int]? = nil) -> Value {
        constant(integers.flatMap { Self.bytes($0) }, shape ?? [integers.count], "i64")
    }

    /// A constant whose elements are given as they stand in the file.
    package mutating func constant(_ bytes: [UInt8], _ shape: [Int], _ type: String) -> Value {
        let place = "offset=\"\(weights.count)\" size=\"\(bytes.count)\""
        weights += bytes
        let data = "element_type=\"\(type)\" shape=\"\(Self.list(shape))\" \(place)"
        return layer("Const", "constant\(count)", data, [], [shape])[0]
    }

    /// Adds a layer; its attributes are given as they stand in the `data` element.
    @discardableResult
    package mutating func layer(
        _ type: String,
        _ name: String,
        _ attributes: String = "",
        _ inputs: [Value],
        _ outputs: [[Int]],
        opset: String = "opset1"
    ) -> [Value] {
        let id = count
        count += 1
        layers += "<layer id=\"\(id)\" name=\"\(name)\" type=\"\(type)\" version=\"\(opset)\">\n"
        if !attributes.isEmpty { layers += "<data \(attributes)/>\n" }
        func port(_ id: Int, _ shape: [Int]) -> String {
            "<port id=\"\(id)\">" + shape.map { "<dim>\($0)</dim>" }.joined() + "</port>\n"
        }
        if !inputs.isEmpty {
            layers += "<input>\n"
            for (position, input) in inputs.enumerated() {
                layers += port(position, input.shape)
                edges += "<edge from-layer=\"\(input.layer)\" from-port=\"\(input.port)\" "
                edges += "to-layer=\"\(id)\" to-port=\"\(position)\"/>\n"
            }
            layers += "</input>\n"
        }
        if !outputs.isEmpty {
            layers += "<output>\n"
            for (position, shape) in outputs.enumerated() { layers += port(inputs.count + position, shape) }
            layers += "</output>\n"
        }
        layers += "</layer>\n"
        return outputs.enumerated().map { Value(layer: id, port: inputs.count + $0.offset, shape: $0.element) }
    }

    package mutating func result(_ value: Value) {
        layer("Result", "result\(count)", [value], [])
    }

    private mutating func layer(_ type: String, _ name: String, _ inputs: [Value], _ outputs: [[Int]]) {
        layer(type, name, "", inputs, outputs)
    }

    private static func list(_ shape: [Int]) -> String { shape.map(String.init).joined(separator: ", ") }

    private static func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }
}
