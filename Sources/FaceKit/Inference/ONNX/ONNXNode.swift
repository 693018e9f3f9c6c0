// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// A `NodeProto` on its way to becoming an ``Operator``.
///
/// Makers take the attributes they know; what is left over afterwards is what the engine does not support.
struct ONNXNode {
    /// What an attribute can hold.
    enum Attribute {
        case float(Float)
        case integer(Int64)
        case text(String)
        case tensor(Tensor)
        case floats([Float])
        case integers([Int64])
        case texts([String])
        /// Of a kind that no operator here takes; what kind it is.
        case other(String)
    }

    var name = ""
    var operatorType = ""
    var domain = ""
    /// The version of the domain's operator set that the model was made for.
    var opset = 0
    /// Value names, an empty one for an optional input left out; makers may rearrange them.
    var inputs: [String] = []
    var outputs: [String] = []
    private(set) var attributes: [String: Attribute] = [:]

    init(operatorType: String, opset: Int, inputs: [String] = [], attributes: [String: Attribute] = [:]) {
        self.operatorType = operatorType
        self.opset = opset
        self.inputs = inputs
        self.attributes = attributes
    }

    init(_ source: ByteSource, _ range: Range<Int>) throws(ModelError) {
        var reader = ProtobufReader(source, range)
        while let field = try reader.next() {
            switch field.number {
            case 1: inputs.append(try reader.text(field))
            case 2: outputs.append(try reader.text(field))
            case 3: name = try reader.text(field)
            case 4: operatorType = try reader.text(field)
            case 5: try readAttribute(ProtobufReader(source, reader.span(field)))
            case 7: domain = try reader.text(field)
            default: break
            }
        }
        if domain == "ai.onnx" { domain = "" }
    }

    private mutating func readAttribute(_ reader: ProtobufReader) throws(ModelError) {
        var (reader, name, kind) = (reader, "", Int64(0))
        var (float, integer, text) = (Float(0), Int64(0), "")
        var (floats, integers, texts): ([Float], [Int64], [String]) = ([], [], [])
        var tensor: Range<Int>?
        // The highest number of a field with content, for files that leave the kind out.
        var filled = Int64(0)
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try reader.text(field)
            case 2: float = try reader.float(field)
            case 3: integer = try reader.integer(field)
            case 4: text = try reader.text(field)
            case 5: tensor = try reader.span(field)
            case 7: try reader.append(field, to: &floats)
            case 8: try reader.append(field, to: &integers)
            case 9: texts.append(try reader.text(field))
            case 20: kind = try reader.integer(field)
            default: break
            }
            // Field numbers 2…11 hold kinds 1…10 in the same order.
            if (2...11).contains(field.number) { filled = Int64(field.number) - 1 }
        }
        guard attributes[name] == nil else { throw ModelError(.malformed, "attribute \"\(name)\" stands twice") }
        attributes[name] =
            switch kind == 0 ? filled : kind {
            case 1: .float(float)
            case 2: .integer(integer)
            case 3: .text(text)
            case 4: try .tensor(ONNXTensor(reader.source, tensor ?? 0..<0).tensor())
            case 6: .floats(floats)
            case 7: .integers(integers)
            case 8: .texts(texts)
            case 5, 10: .other("graph")
            default: .other("kind \(kind)")
            }
    }

    /// Whether the optional input at `position` is there.
    func hasInput(_ position: Int) -> Bool {
        position < inputs.count && !inputs[position].isEmpty
    }

    // MARK: Taking attributes

    mutating func takeInteger(_ name: String) throws(ModelError) -> Int? {
        switch attributes.removeValue(forKey: name) {
        case nil: return nil
        case .integer(let value)?: return Int(value)
        default: throw wrongKind(name)
        }
    }

    mutating func takeFlag(_ name: String, default fallback: Bool = false) throws(ModelError) -> Bool {
        try takeInteger(name).map { $0 != 0 } ?? fallback
    }

    mutating func takeFloat(_ name: String) throws(ModelError) -> Float? {
        switch attributes.removeValue(forKey: name) {
        case nil: return nil
        case .float(let value)?: return value
        default: throw wrongKind(name)
        }
    }

    mutating func takeText(_ name: String) throws(ModelError) -> String? {
        switch attributes.removeValue(forKey: name) {
        case nil: return nil
        case .text(let value)?: return value
        default: throw wrongKind(name)
        }
    }

    mutating func takeIntegers(_ name: String) throws(ModelError) -> [Int]? {
        switch attributes.removeValue(forKey: name) {
        case nil: return nil
        case .integers(let values)?: return values.map { Int($0) }
        default: throw wrongKind(name)
        }
    }

    mutating func takeFloats(_ name: String) throws(ModelError) -> [Float]? {
        switch attributes.removeValue(forKey: name) {
        case nil: return nil
        case .floats(let values)?: return values
        default: throw wrongKind(name)
        }
    }

    mutating func takeTensor(_ name: String) throws(ModelError) -> Tensor? {
        switch attributes.removeValue(forKey: name) {
        case nil: return nil
        case .tensor(let value)?: return value
        default: throw wrongKind(name)
        }
    }

    /// Drops an attribute that makes no difference when a network is run.
    mutating func ignore(_ names: String...) {
        for name in names { attributes[name] = nil }
    }

    private func wrongKind(_ attribute: String) -> ModelError {
        ModelError(.malformed, "attribute \"\(attribute)\" is not of the kind it should be")
    }
}
