// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Weights in the format of TensorFlow.js and face-api.js: a JSON list of tensors, and shards that hold their elements
/// one after the other, as floats or as bytes with a scale and a minimum.
struct WeightManifest: Sendable {
    /// A tensor as it lies in the shards.
    private struct Entry {
        enum Encoding {
            case float32
            /// `scale * integer + minimum`, of integers of one or two bytes.
            case quantized(byteCount: Int, scale: Float, minimum: Float)
            /// Of a type that no network here takes.
            case other(String)
        }

        var shape: [Int]
        var count: Int
        var encoding: Encoding
        var shards: Shards
        var offset: Int
    }

    private var entries: [String: Entry] = [:]

    /// The tensors' names.
    var names: Set<String> { Set(entries.keys) }

    /// Reads what a manifest lists; `openShard` gets names that have passed as file names without folders.
    ///
    /// - Throws: ``ModelError`` when the text is no manifest or the shards do not hold the tensors exactly.
    init(_ json: [UInt8], openShard: (String) throws(ModelError) -> ByteSource) throws(ModelError) {
        guard let groups = try JSONValue(json).array, !groups.isEmpty else {
            throw ModelError(.malformed, "a weight manifest is a list of groups")
        }
        for group in groups {
            guard let paths = group["paths"]?.array, let weights = group["weights"]?.array else {
                throw ModelError(.malformed, "a group without paths or weights")
            }
            var sources: [ByteSource] = []
            for path in paths {
                guard let name = path.text, !name.isEmpty, !name.contains("/"), !name.contains("\0"), name != "..",
                    name != "."
                else { throw ModelError(.malformed, "\"\(path.text ?? "")\" is not the name of a shard") }
                sources.append(try openShard(name))
            }
            let shards = Shards(sources)
            var offset = 0
            for weight in weights {
                let (name, entry, end) = try Self.entry(weight, shards, offset)
                guard entries.updateValue(entry, forKey: name) == nil else {
                    throw ModelError(.malformed, "tensor \"\(name)\" stands twice")
                }
                offset = end
            }
            guard offset == shards.count else {
                throw ModelError(.malformed, "the tensors have \(offset) bytes, their shards \(shards.count)")
            }
        }
    }

    private static func entry(
        _ weight: JSONValue,
        _ shards: Shards,
        _ offset: Int
    ) throws(ModelError) -> (name: String, entry: Entry, end: Int) {
        guard let name = weight["name"]?.text, let extents = weight["shape"]?.array, extents.count <= 8 else {
            throw ModelError(.malformed, "a tensor without name or shape")
        }
        let shape = extents.map { $0.integer ?? -1 }
        guard shape.allSatisfy({ $0 >= 0 }) else { throw ModelError(.malformed, "shape of tensor \"\(name)\"") }
        let count = try shape.checkedElementCount()
        let (encoding, width) = try encoding(weight, name)
        guard count * width <= shards.count - offset else {
            throw ModelError(
                .malformed,
                "tensor \"\(name)\" has \(count * width) bytes where \(shards.count - offset) are left"
            )
        }
        let entry = Entry(shape: shape, count: count, encoding: encoding, shards: shards, offset: offset)
        return (name, entry, offset + count * width)
    }

    private static func encoding(
        _ weight: JSONValue,
        _ name: String
    ) throws(ModelError) -> (Entry.Encoding, width: Int) {
        let type = weight["dtype"]?.text ?? ""
        if let quantization = weight["quantization"] {
            guard let scale = quantization["scale"]?.number, let minimum = quantization["min"]?.number else {
                throw ModelError(.malformed, "tensor \"\(name)\" is quantised without scale or min")
            }
            let widths = ["uint8": 1, "uint16": 2]
            let quantizedType = quantization["dtype"]?.text ?? ""
            guard let width = widths[quantizedType], type == "float32" else {
                throw ModelError(.unsupported, "tensor \"\(name)\" is \(type) quantised to \(quantizedType)")
            }
            return (.quantized(byteCount: width, scale: Float(scale), minimum: Float(minimum)), width)
        }
        switch type {
        case "float32": return (.float32, 4)
        case "int32": return (.other(type), 4)
        case "bool", "uint8": return (.other(type), 1)
        default: throw ModelError(.unsupported, "tensor \"\(name)\" is of type \"\(type)\"")
        }
    }

    /// The floats of a tensor with its axes in another order, made from the shards each time they are read.
    ///
    /// - Parameters:
    ///   - name: The tensor's name in the manifest.
    ///   - shape: What the file must say, in the file's order of axes.
    ///   - view: A shape of as many elements to read it under; `nil` keeps the file's.
    ///   - permutation: For each axis of the result the axis in that shape; `nil` keeps the order.
    /// - Returns: A tensor of the permuted shape.
    /// - Throws: ``ModelError/Code/malformed`` when there is no such tensor of floats.
    func tensor(
        _ name: String,
        shape: [Int],
        seenAs view: [Int]? = nil,
        permutation: [Int]? = nil
    ) throws(ModelError) -> Tensor {
        guard let entry = entries[name] else { throw ModelError(.malformed, "no tensor \"\(name)\"") }
        guard entry.shape == shape else {
            throw ModelError(.malformed, "tensor \"\(name)\" is \(entry.shape), not \(shape)")
        }
        if case .other(let type) = entry.encoding {
            throw ModelError(.malformed, "tensor \"\(name)\" is \(type), not float32")
        }
        guard let permutation else {
            return Tensor(DerivedElements(count: entry.count) { Self.floats(entry) }, shape: shape)
        }
        let source = view ?? shape
        let strides = source.rowMajorStrides
        let target = permutation.map { source[$0] }
        let order = permutation.map { strides[$0] }
        return Tensor(
            DerivedElements(count: entry.count) {
                let floats = Self.floats(entry)
                return target.offsets(strides: order).map { floats[$0] }
            },
            shape: target
        )
    }

    /// How a tensor's last axis is long; `nil` when there is no such tensor.
    func lastExtent(_ name: String) -> Int? { entries[name]?.shape.last }

    private static func floats(_ entry: Entry) -> [Float] {
        switch entry.encoding {
        case .float32:
            let bytes = entry.shards.bytes(at: entry.offset, count: entry.count * 4)
            return (0..<entry.count).map { index in
                let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[4 * index + $1]) << (8 * $1) }
                return Float(bitPattern: bits)
            }
        case .quantized(1, let scale, let minimum):
            return entry.shards.bytes(at: entry.offset, count: entry.count).map { Float($0) * scale + minimum }
        case .quantized(_, let scale, let minimum):
            let bytes = entry.shards.bytes(at: entry.offset, count: entry.count * 2)
            return (0..<entry.count).map { index in
                Float(UInt16(bytes[2 * index]) | UInt16(bytes[2 * index + 1]) << 8) * scale + minimum
            }
        case .other: preconditionFailure("such tensors are not given out")
        }
    }
}

/// Several sources of bytes read as one.
private struct Shards: Sendable {
    private let sources: [ByteSource]
    let count: Int

    init(_ sources: [ByteSource]) {
        self.sources = sources
        count = sources.reduce(0) { $0 + $1.count }
    }

    /// - Precondition: The bytes lie inside.
    func bytes(at offset: Int, count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        var start = offset
        for source in sources where bytes.count < count {
            if start < source.count {
                let taken = min(count - bytes.count, source.count - start)
                bytes.append(contentsOf: source.integers(UInt8.self, at: start, count: taken))
            }
            start = max(0, start - source.count)
        }
        return bytes
    }
}
