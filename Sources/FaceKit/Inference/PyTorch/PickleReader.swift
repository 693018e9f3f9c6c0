// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Reads a pickle (Python's `pickletools`, protocols 2 to 4) that holds a state dictionary of PyTorch.
///
/// Nothing is executed: of the opcodes only those that build plain values are known, and of the globals only those that
/// stand for dictionaries, storages and tensors. Everything else is an error that names it.
struct PickleReader {
    /// A value on the machine's stack.
    ///
    /// Lists and dictionaries may change after others refer to them, so they are
    /// numbers into ``lists`` and ``dictionaries``.
    indirect enum Value {
        case none
        case boolean(Bool)
        case integer(Int)
        case float(Double)
        case text(String)
        case tuple([Value], depth: Int)
        case list(Int)
        case dictionary(Int)
        case global(String)
        case storage(Storage)
        case tensor(PickledTensor)
    }

    /// A reference to elements outside the pickle.
    struct Storage {
        var dataType: DataType
        var key: String
        var count: Int
    }

    /// A view of a storage.
    struct PickledTensor {
        var storage: Storage
        var offset: Int
        var shape: [Int]
        var strides: [Int]
    }

    private static let maximumTupleDepth = 16

    private let bytes: [UInt8]
    private var position = 0
    private var stack: [Value] = []
    private var marks: [Int] = []
    private var memo: [Int: Value] = [:]
    private(set) var lists: [[Value]] = []
    private(set) var dictionaries: [[String: Value]] = []

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Runs to the end and returns what is left.
    mutating func read() throws(ModelError) -> Value {
        while true {
            let offset = position
            let opcode = try byte()
            if opcode == UInt8(ascii: ".") { return try pop() }
            do throws(ModelError) {
                try perform(opcode)
            } catch {
                throw ModelError(error.code, "\(error.message) at byte \(offset) of the pickle")
            }
        }
    }

    private mutating func perform(_ opcode: UInt8) throws(ModelError) {
        switch opcode {
        case 0x80:  // PROTO
            let version = try byte()
            guard (2...4).contains(version) else { throw ModelError(.unsupported, "pickle protocol \(version)") }
        case 0x95: try skip(8)  // FRAME
        case UInt8(ascii: "("): marks.append(stack.count)
        case UInt8(ascii: "N"): stack.append(.none)
        case 0x88: stack.append(.boolean(true))
        case 0x89: stack.append(.boolean(false))
        case UInt8(ascii: "K"): stack.append(.integer(Int(try byte())))
        case UInt8(ascii: "M"): stack.append(.integer(try number(2)))
        case UInt8(ascii: "J"): stack.append(.integer(Int(Int32(truncatingIfNeeded: try number(4)))))
        case 0x8A: stack.append(.integer(try long()))
        case UInt8(ascii: "G"): stack.append(.float(try float()))
        case UInt8(ascii: "X"): stack.append(.text(try text(number(4))))
        case 0x8C: stack.append(.text(try text(Int(byte()))))
        case UInt8(ascii: "U"): stack.append(.text(try text(Int(byte()))))
        case UInt8(ascii: ")"): stack.append(.tuple([], depth: 1))
        case 0x85, 0x86, 0x87: try pushTuple(popLast(Int(opcode - 0x84)))
        case UInt8(ascii: "t"): try pushTuple(popMarked())
        case UInt8(ascii: "]"):
            lists.append([])
            stack.append(.list(lists.count - 1))
        case UInt8(ascii: "}"): pushDictionary()
        case UInt8(ascii: "a"): try append([pop()])
        case UInt8(ascii: "e"): try append(popMarked())
        case UInt8(ascii: "s"): try setItems(popLast(2))
        case UInt8(ascii: "u"): try setItems(popMarked())
        case UInt8(ascii: "q"): memo[Int(try byte())] = try top()
        case UInt8(ascii: "r"): memo[try number(4)] = try top()
        case 0x94: memo[memo.count] = try top()
        case UInt8(ascii: "h"): try recall(Int(byte()))
        case UInt8(ascii: "j"): try recall(number(4))
        case UInt8(ascii: "c"): try pushGlobal(line(), line())
        case 0x93: try pushNamedGlobal()
        case UInt8(ascii: "Q"): try pushStorage()
        case UInt8(ascii: "R"): try reduce()
        case UInt8(ascii: "b"): _ = try pop()  // BUILD: attributes of a dictionary, which hold versions only.
        default:
            throw ModelError(.unsupported, "pickle opcode 0x\(String(opcode, radix: 16))")
        }
    }

    // MARK: Bytes

    private mutating func byte() throws(ModelError) -> UInt8 {
        guard position < bytes.count else { throw ModelError(.malformed, "the pickle ends at byte \(position)") }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func skip(_ count: Int) throws(ModelError) {
        guard count <= bytes.count - position else {
            throw ModelError(.malformed, "\(count) bytes where \(bytes.count - position) are left")
        }
        position += count
    }

    /// An unsigned little-endian number of at most 4 bytes.
    private mutating func number(_ width: Int) throws(ModelError) -> Int {
        var number = 0
        for shift in 0..<width { number |= Int(try byte()) << (8 * shift) }
        return number
    }

    /// A signed little-endian number of as many bytes as the first one says.
    private mutating func long() throws(ModelError) -> Int {
        let width = Int(try byte())
        guard width <= 8 else { throw ModelError(.unsupported, "an integer of \(width) bytes") }
        var bits: UInt64 = 0
        for shift in 0..<width { bits |= UInt64(try byte()) << (8 * UInt64(shift)) }
        let unused = 64 - 8 * UInt64(width)
        return unused == 64 ? 0 : Int(Int64(bitPattern: bits << unused) >> Int64(unused))
    }

    private mutating func float() throws(ModelError) -> Double {
        var bits: UInt64 = 0
        for _ in 0..<8 { bits = bits << 8 | UInt64(try byte()) }
        return Double(bitPattern: bits)
    }

    private mutating func text(_ count: Int) throws(ModelError) -> String {
        let start = position
        try skip(count)
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func line() throws(ModelError) -> String {
        guard let end = bytes[position...].prefix(256).firstIndex(of: UInt8(ascii: "\n")) else {
            throw ModelError(.malformed, "a name that does not end")
        }
        defer { position = end + 1 }
        return String(decoding: bytes[position..<end], as: UTF8.self)
    }

    // MARK: Stack

    private func top() throws(ModelError) -> Value {
        guard let value = stack.last else { throw ModelError(.malformed, "an empty stack") }
        return value
    }

    private mutating func pop() throws(ModelError) -> Value {
        guard let value = stack.popLast(), stack.count >= marks.last ?? 0 else {
            throw ModelError(.malformed, "an empty stack")
        }
        return value
    }

    private mutating func popLast(_ count: Int) throws(ModelError) -> [Value] {
        guard stack.count - (marks.last ?? 0) >= count else { throw ModelError(.malformed, "an empty stack") }
        defer { stack.removeLast(count) }
        return Array(stack.suffix(count))
    }

    private mutating func popMarked() throws(ModelError) -> [Value] {
        guard let mark = marks.popLast(), mark <= stack.count else { throw ModelError(.malformed, "no mark") }
        defer { stack.removeSubrange(mark...) }
        return Array(stack[mark...])
    }

    private mutating func recall(_ key: Int) throws(ModelError) {
        guard let value = memo[key] else { throw ModelError(.malformed, "nothing is remembered as \(key)") }
        stack.append(value)
    }

    /// Tuples hold their elements themselves, so how deep they nest is limited.
    private mutating func pushTuple(_ elements: [Value]) throws(ModelError) {
        var depth = 1
        for case .tuple(_, let inner) in elements { depth = max(depth, inner + 1) }
        guard depth <= Self.maximumTupleDepth else { throw ModelError(.malformed, "tuples nest too deep") }
        stack.append(.tuple(elements, depth: depth))
    }

    private mutating func pushDictionary() {
        dictionaries.append([:])
        stack.append(.dictionary(dictionaries.count - 1))
    }

    private mutating func append(_ elements: [Value]) throws(ModelError) {
        guard case .list(let index) = try top() else { throw ModelError(.malformed, "no list to append to") }
        lists[index].append(contentsOf: elements)
    }

    private mutating func setItems(_ items: [Value]) throws(ModelError) {
        guard case .dictionary(let index) = try top(), items.count % 2 == 0 else {
            throw ModelError(.malformed, "no dictionary to put \(items.count) keys and values into")
        }
        for position in stride(from: 0, to: items.count, by: 2) {
            switch items[position] {
            case .text(let key): dictionaries[index][key] = items[position + 1]
            case .integer(let key): dictionaries[index]["\(key)"] = items[position + 1]
            default: throw ModelError(.unsupported, "a dictionary key that is neither text nor a number")
            }
        }
    }

    // MARK: Globals

    private static let storages: [String: DataType] = [
        "torch.FloatStorage": .float32, "torch.HalfStorage": .float16, "torch.BFloat16Storage": .bfloat16,
        "torch.DoubleStorage": .float64, "torch.LongStorage": .int64, "torch.IntStorage": .int32,
        "torch.ShortStorage": .int16, "torch.CharStorage": .int8, "torch.ByteStorage": .uint8,
        "torch.BoolStorage": .bool,
    ]
    private static let makers: Set<String> = [
        "collections.OrderedDict", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter",
    ]

    private mutating func pushGlobal(_ module: String, _ name: String) throws(ModelError) {
        let global = module + "." + name
        guard Self.makers.contains(global) || Self.storages[global] != nil else {
            throw ModelError(.unsupported, "the pickle wants \"\(global)\", which a state dictionary has no use for,")
        }
        stack.append(.global(global))
    }

    private mutating func pushNamedGlobal() throws(ModelError) {
        let names = try popLast(2)
        guard case .text(let module) = names[0], case .text(let name) = names[1] else {
            throw ModelError(.malformed, "a global without a name")
        }
        try pushGlobal(module, name)
    }

    /// Turns ("storage", type, key, device, count) into a reference.
    private mutating func pushStorage() throws(ModelError) {
        guard case .tuple(let parts, _) = try pop(), parts.count >= 5, case .text("storage") = parts[0],
            case .global(let type) = parts[1], let dataType = Self.storages[type], case .text(let key) = parts[2],
            case .integer(let count) = parts[4], count >= 0
        else { throw ModelError(.malformed, "a reference that is not to a storage") }
        stack.append(.storage(Storage(dataType: dataType, key: key, count: count)))
    }

    private mutating func reduce() throws(ModelError) {
        let parts = try popLast(2)
        guard case .global(let maker) = parts[0], case .tuple(let arguments, _) = parts[1] else {
            throw ModelError(.malformed, "a call of what is no function")
        }
        switch maker {
        case "collections.OrderedDict" where arguments.isEmpty: pushDictionary()
        case "torch._utils._rebuild_tensor_v2": stack.append(.tensor(try tensor(arguments)))
        case "torch._utils._rebuild_parameter":
            guard case .tensor(let tensor)? = arguments.first else {
                throw ModelError(.malformed, "a parameter without a tensor")
            }
            stack.append(.tensor(tensor))
        default: throw ModelError(.unsupported, "a call of \(maker) with \(arguments.count) arguments")
        }
    }

    private func tensor(_ arguments: [Value]) throws(ModelError) -> PickledTensor {
        guard arguments.count >= 4, case .storage(let storage) = arguments[0],
            case .integer(let offset) = arguments[1],
            let shape = Self.integers(arguments[2]), let strides = Self.integers(arguments[3])
        else { throw ModelError(.malformed, "a tensor without storage, offset, shape or strides") }
        return PickledTensor(storage: storage, offset: offset, shape: shape, strides: strides)
    }

    /// The numbers in a tuple that holds nothing else.
    private static func integers(_ value: Value) -> [Int]? {
        guard case .tuple(let elements, _) = value else { return nil }
        var integers: [Int] = []
        for element in elements {
            guard case .integer(let integer) = element else { return nil }
            integers.append(integer)
        }
        return integers
    }
}
