// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// A layer of an OpenVINO network on its way to becoming operators.
///
/// Makers take the attributes they know; what is left over afterwards is what the engine does not support.
struct OpenVINOLayer {
    struct Port {
        var id: Int
        /// `nil` for an extent that may vary.
        var shape: [Int?] = []
        /// The tensor's names, from version 11 on.
        var names: [String] = []
    }

    var id = 0
    var name = ""
    var type = ""
    /// `"opset1"` and so on; `"experimental"` and `"extension"` occur too.
    var opset = ""
    private(set) var attributes: [String: String] = [:]
    private(set) var inputs: [Port] = []
    private(set) var outputs: [Port] = []

    /// Reads a layer up to its end; the reader stands behind its start tag.
    init(_ element: XMLReader.Element, _ reader: inout XMLReader) throws(ModelError) {
        guard let id = element.attributes["id"].flatMap({ Int($0) }), id >= 0 else {
            throw ModelError(.malformed, "layer id \"\(element.attributes["id"] ?? "")\"")
        }
        self.id = id
        name = element.attributes["name"] ?? "\(id)"
        type = element.attributes["type"] ?? ""
        opset = element.attributes["version"] ?? ""
        var (attributes, inputs, outputs): ([String: String], [Port], [Port]) = ([:], [], [])
        try reader.forEachChild { (reader, element) throws(ModelError) in
            switch element.name {
            case "data": attributes = element.attributes
            case "input": inputs = try Self.ports(&reader)
            case "output": outputs = try Self.ports(&reader)
            default: break
            }
        }
        (self.attributes, self.inputs, self.outputs) = (attributes, inputs, outputs)
    }

    private static func ports(_ reader: inout XMLReader) throws(ModelError) -> [Port] {
        var ports: [Port] = []
        try reader.forEachChild { (reader, element) throws(ModelError) in
            guard element.name == "port" else { return }
            guard let id = element.attributes["id"].flatMap({ Int($0) }) else {
                throw ModelError(.malformed, "port id \"\(element.attributes["id"] ?? "")\"")
            }
            var port = Port(id: id)
            port.names = (element.attributes["names"] ?? "").split(separator: ",").map(String.init)
            try reader.forEachChild { (reader, element) throws(ModelError) in
                guard element.name == "dim" else { return }
                guard port.shape.count < 32 else { throw ModelError(.malformed, "more than 32 extents") }
                port.shape.append(try extent(reader.content()))
            }
            ports.append(port)
        }
        return ports
    }

    /// One extent as it is written: a number; `-1`, `?` or a range for one that may vary.
    static func extent(_ text: some StringProtocol) throws(ModelError) -> Int? {
        let text = String(text.filter { !$0.isWhitespace })
        if text == "?" || text == "-1" || text.contains("..") { return nil }
        guard let extent = Int(text), extent >= 0 else { throw ModelError(.malformed, "extent \"\(text)\"") }
        return extent
    }

    // MARK: Taking attributes

    mutating func takeText(_ name: String) -> String? { attributes.removeValue(forKey: name) }

    mutating func takeInteger(_ name: String) throws(ModelError) -> Int? {
        guard let text = takeText(name) else { return nil }
        guard let integer = Int(String(text.filter { !$0.isWhitespace })) else { throw wrong(name, text) }
        return integer
    }

    mutating func takeFloat(_ name: String) throws(ModelError) -> Float? {
        guard let text = takeText(name) else { return nil }
        guard let float = Float(String(text.filter { !$0.isWhitespace })) else { throw wrong(name, text) }
        return float
    }

    mutating func takeFlag(_ name: String, default fallback: Bool = false) throws(ModelError) -> Bool {
        guard let text = takeText(name) else { return fallback }
        switch text.lowercased() {
        case "true", "1": return true
        case "false", "0": return false
        default: throw wrong(name, text)
        }
    }

    /// Numbers with commas between them; none at all are an empty list.
    mutating func takeIntegers(_ name: String) throws(ModelError) -> [Int]? {
        guard let text = takeText(name) else { return nil }
        var integers: [Int] = []
        for part in text.split(separator: ",") {
            guard let integer = Int(String(part.filter { !$0.isWhitespace })) else { throw wrong(name, text) }
            integers.append(integer)
        }
        return integers
    }

    /// A shape attribute, with `nil` for extents that may vary.
    mutating func takeShape(_ name: String) throws(ModelError) -> [Int?] {
        guard let text = takeText(name) else { throw ModelError(.malformed, "no \(name)") }
        let shape = try text.split(separator: ",").map { (part) throws(ModelError) in try Self.extent(part) }
        guard shape.count <= 32 else { throw ModelError(.malformed, "rank \(shape.count)") }
        return shape
    }

    /// Drops attributes that make no difference to what is computed.
    mutating func ignore(_ names: String...) {
        for name in names { attributes[name] = nil }
    }

    private func wrong(_ attribute: String, _ value: String) -> ModelError {
        ModelError(.malformed, "\(attribute) \"\(value)\"")
    }

    /// The rank of an input; `nil` where the file does not say.
    func rank(_ position: Int) -> Int? {
        position < inputs.count ? inputs[position].shape.count : nil
    }
}
