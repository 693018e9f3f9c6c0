// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A `TensorProto`: name, type, extents and where its elements are.
///
/// Layout: onnx/onnx.proto3 of the ONNX project.
struct ONNXTensor {
    var name = ""
    private var dataType: Int64 = 0
    private var dims: [Int64] = []
    private var raw: Range<Int>?
    private var floats: [Float] = []
    private var doubles: [Double] = []
    private var integers: [Int64] = []
    private var external: [String: String] = [:]
    private var isExternal = false
    private let source: ByteSource

    init(_ source: ByteSource, _ range: Range<Int>) throws(ModelError) {
        self.source = source
        var reader = ProtobufReader(source, range)
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.append(field, to: &dims)
            case 2: dataType = try reader.integer(field)
            case 4: try reader.append(field, to: &floats)
            case 5, 7, 11: try reader.append(field, to: &integers)
            case 8: name = try reader.text(field)
            case 9: raw = try reader.span(field)
            case 10: try reader.append(field, to: &doubles)
            case 13: try readExternal(ProtobufReader(source, reader.span(field)))
            case 14: isExternal = try reader.integer(field) == 1
            default: break
            }
        }
    }

    private mutating func readExternal(_ entry: ProtobufReader) throws(ModelError) {
        var (entry, key, value) = (entry, "", "")
        while let field = try entry.next() {
            switch field.number {
            case 1: key = try entry.text(field)
            case 2: value = try entry.text(field)
            default: break
            }
        }
        external[key] = value
    }

    /// The tensor itself; floating-point raw data in a file stays there.
    func tensor() throws(ModelError) -> Tensor {
        do throws(ModelError) {
            guard let type = DataType(onnx: dataType) else {
                throw ModelError(.unsupported, "element type \(ONNXTensor.typeName(dataType))")
            }
            let (shape, count) = try checkedShape()
            if isExternal { return try externalTensor(type, shape, count) }
            if let raw { return try tensor(type, shape, count, source, raw) }
            return try listedTensor(type, shape, count)
        } catch {
            throw ModelError(error.code, "tensor \"\(name)\": \(error.message)")
        }
    }

    private func checkedShape() throws(ModelError) -> (shape: [Int], count: Int) {
        guard dims.count <= 32 else { throw ModelError(.malformed, "rank \(dims.count)") }
        let shape = dims.map { Int($0) }
        guard shape.allSatisfy({ $0 >= 0 }) else { throw ModelError(.malformed, "extents \(shape)") }
        return (shape, try shape.checkedElementCount())
    }

    /// A tensor of the elements that fill `range` exactly.
    private func tensor(
        _ type: DataType,
        _ shape: [Int],
        _ count: Int,
        _ source: ByteSource,
        _ range: Range<Int>
    ) throws(ModelError) -> Tensor {
        guard range.count == count * type.byteCount else {
            throw ModelError(.malformed, "\(range.count) bytes do not fill \(shape) of \(type)")
        }
        let start = range.lowerBound
        if type.isFloatingPoint {
            if case .file(let file) = source {
                return Tensor(MappedElements(file: file, byteOffset: start, count: count, dataType: type), shape: shape)
            }
            let floats: [Float] =
                switch type {
                case .float32:
                    source.integers(UInt32.self, at: start, count: count).map { Float(bitPattern: $0) }
                case .float64:
                    source.integers(UInt64.self, at: start, count: count).map { Float(Double(bitPattern: $0)) }
                default:
                    source.integers(UInt16.self, at: start, count: count).map { type.float(fromBits: $0) }
                }
            return Tensor(floats, shape: shape, dataType: type)
        }
        let integers: [Int64] =
            switch type {
            case .int8: source.integers(Int8.self, at: start, count: count).map { Int64($0) }
            case .uint8: source.integers(UInt8.self, at: start, count: count).map { Int64($0) }
            case .bool: source.integers(UInt8.self, at: start, count: count).map { $0 == 0 ? 0 : 1 }
            case .int16: source.integers(Int16.self, at: start, count: count).map { Int64($0) }
            case .uint16: source.integers(UInt16.self, at: start, count: count).map { Int64($0) }
            case .int32: source.integers(Int32.self, at: start, count: count).map { Int64($0) }
            case .uint32: source.integers(UInt32.self, at: start, count: count).map { Int64($0) }
            default: source.integers(Int64.self, at: start, count: count)
            }
        return Tensor(integers, shape: shape, dataType: type)
    }

    /// A tensor from the message's typed lists; half-precision floats stand there as their bits.
    private func listedTensor(_ type: DataType, _ shape: [Int], _ count: Int) throws(ModelError) -> Tensor {
        let listed =
            switch type {
            case .float32: floats.count
            case .float64: doubles.count
            default: integers.count
            }
        guard listed == count else {
            throw ModelError(.malformed, "\(listed) elements do not fill \(shape) of \(type)")
        }
        switch type {
        case .float32: return Tensor(floats, shape: shape)
        case .float64: return Tensor(doubles.map { Float($0) }, shape: shape, dataType: type)
        case .float16, .bfloat16:
            let halves = integers.map { type.float(fromBits: UInt16(truncatingIfNeeded: $0)) }
            return Tensor(halves, shape: shape, dataType: type)
        default: return Tensor(integers.map(type.wrapping), shape: shape, dataType: type)
        }
    }

    /// A tensor from a file of its own, which must lie in the model's folder.
    private func externalTensor(_ type: DataType, _ shape: [Int], _ count: Int) throws(ModelError) -> Tensor {
        guard case .file(let model) = source else {
            throw ModelError(.unsupported, "elements in another file, where the model itself is not a file")
        }
        guard let location = external["location"], !location.isEmpty else {
            throw ModelError(.malformed, "elements in another file that is not named")
        }
        let slash = model.path.lastIndex(of: "/")
        let folder = slash.map { model.path[...$0] } ?? "./"
        guard let root = Self.resolved(String(folder)), let path = Self.resolved(folder + location),
            !location.hasPrefix("/"), path.hasPrefix(root == "/" ? root : root + "/")
        else {
            throw ModelError(.malformed, "\"\(location)\" is not a file inside the model's folder")
        }
        let file = try MappedFile(path: path)
        let offset = external["offset"].map { Int($0) } ?? 0
        let length = external["length"].map { Int($0) } ?? count * type.byteCount
        guard let offset, let length, offset >= 0, length >= 0, offset <= file.count, length <= file.count - offset
        else {
            throw ModelError(
                .malformed,
                "bytes \(external["offset"] ?? "0") + \(external["length"] ?? "") of \"\(location)\" (\(file.count))"
            )
        }
        return try tensor(type, shape, count, .file(file), offset..<offset + length)
    }

    /// An existing path without links and dots.
    private static func resolved(_ path: String) -> String? {
        guard let resolved = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }

    /// The name in the ONNX specification.
    static func typeName(_ number: Int64) -> String {
        let names = [
            "UNDEFINED", "FLOAT", "UINT8", "INT8", "UINT16", "INT16", "INT32", "INT64", "STRING", "BOOL", "FLOAT16",
            "DOUBLE", "UINT32", "UINT64", "COMPLEX64", "COMPLEX128", "BFLOAT16",
        ]
        return names.indices.contains(Int(number)) ? names[Int(number)] : "\(number)"
    }
}

extension DataType {
    /// The type that ONNX gives this number; `nil` for one that the engine does not have.
    init?(onnx number: Int64) {
        switch number {
        case 1: self = .float32
        case 2: self = .uint8
        case 3: self = .int8
        case 4: self = .uint16
        case 5: self = .int16
        case 6: self = .int32
        case 7: self = .int64
        case 9: self = .bool
        case 10: self = .float16
        case 11: self = .float64
        case 12: self = .uint32
        case 13: self = .uint64
        case 16: self = .bfloat16
        default: return nil
        }
    }

    /// A 16-bit float of this type, widened.
    func float(fromBits bits: UInt16) -> Float {
        self == .bfloat16 ? Float(bitPattern: UInt32(bits) << 16) : HalfPrecision.float(fromBits: bits)
    }
}
