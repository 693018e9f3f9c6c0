// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// A network's tensors by name, as PyTorch's `torch.save(model.state_dict(), …)` stores them from version 1.6 on: a zip
/// archive of a pickle and one file of elements per storage.
package struct StateDictionary: Sendable {
    private static let maximumPickleSize = 8 << 20

    /// The floating-point tensors, as `float32` whatever they are stored as.
    ///
    /// Integers, which count the steps of training, are left out.
    package private(set) var tensors: [String: Tensor] = [:]

    /// Reads a `.pt` or `.pth` file, whose floating-point elements stay in its mapping.
    ///
    /// - Throws: ``ModelError``: `unreadable`, `malformed`, or `unsupported` with the name of what the file wants
    ///   beyond tensors.
    package init(contentsOf path: String) throws(ModelError) {
        let file = try MappedFile(path: path)
        do throws(ModelError) {
            try self.init(.file(file))
        } catch {
            throw ModelError(error.code, "\(path): \(error.message)")
        }
    }

    /// Reads such a file from memory.
    package init(_ bytes: [UInt8]) throws(ModelError) {
        try self.init(.bytes(bytes))
    }

    private init(_ source: ByteSource) throws(ModelError) {
        let archive = try ZipArchive(source)
        let pickles = archive.entries.keys.filter { $0.hasSuffix("/data.pkl") }
        guard pickles.count == 1, let name = pickles.first, let range = try archive.storedRange(name) else {
            throw ModelError(.malformed, "the archive holds \(pickles.count) data.pkl")
        }
        guard range.count <= Self.maximumPickleSize else {
            throw ModelError(.tooLarge, "a pickle of \(range.count) bytes")
        }
        let folder = name.dropLast("data.pkl".count)
        if let order = try archive.storedRange(folder + "byteorder"), source.text(order.prefix(16)) != "little" {
            throw ModelError(.unsupported, "byte order \(source.text(order.prefix(16)))")
        }
        var pickle = PickleReader(source.integers(UInt8.self, at: range.lowerBound, count: range.count))
        guard case .dictionary(let root) = try pickle.read() else {
            throw ModelError(.malformed, "the pickle holds no dictionary")
        }
        for (name, tensor) in Self.pickledTensors(pickle, root) {
            do throws(ModelError) {
                guard let range = try archive.storedRange(folder + "data/" + tensor.storage.key) else {
                    throw ModelError(.malformed, "no storage \"\(tensor.storage.key)\"")
                }
                tensors[name] = try Self.tensor(tensor, source, range)
            } catch {
                throw ModelError(error.code, "tensor \"\(name)\": \(error.message)")
            }
        }
    }

    /// The tensors of the dictionary or, where it is a checkpoint with other things, of its member `state_dict`.
    private static func pickledTensors(
        _ pickle: PickleReader,
        _ root: Int
    ) -> [(String, PickleReader.PickledTensor)] {
        var members = pickle.dictionaries[root]
        if case .dictionary(let inner)? = members["state_dict"] { members = pickle.dictionaries[inner] }
        return members.compactMap { name, value in
            guard case .tensor(let tensor) = value, tensor.storage.dataType.isFloatingPoint else { return nil }
            // What data-parallel training puts in front.
            return (name.hasPrefix("module.") ? String(name.dropFirst(7)) : name, tensor)
        }
    }

    private static func tensor(
        _ pickled: PickleReader.PickledTensor,
        _ source: ByteSource,
        _ range: Range<Int>
    ) throws(ModelError) -> Tensor {
        let (storage, shape, strides) = (pickled.storage, pickled.shape, pickled.strides)
        let type = storage.dataType
        guard shape.count <= 32, strides.count == shape.count, strides.allSatisfy({ $0 >= 0 }), pickled.offset >= 0
        else { throw ModelError(.malformed, "shape \(shape), strides \(strides), offset \(pickled.offset)") }
        let count = try shape.checkedElementCount()
        guard storage.count <= range.count / type.byteCount else {
            throw ModelError(.malformed, "\(range.count) bytes do not hold \(storage.count) elements of \(type)")
        }
        guard count > 0 else { return Tensor([Float](), shape: shape) }
        var last = pickled.offset
        for (extent, stride) in zip(shape, strides) {
            let (reach, overflow) = (extent - 1).multipliedReportingOverflow(by: stride)
            let (sum, overflows) = last.addingReportingOverflow(reach)
            guard !overflow, !overflows else { throw ModelError(.malformed, "strides \(strides) of shape \(shape)") }
            last = sum
        }
        guard last < storage.count else {
            throw ModelError(.malformed, "element \(last) of a storage of \(storage.count)")
        }
        let isDense = zip(shape, zip(strides, shape.rowMajorStrides)).allSatisfy { $0 == 1 || $1.0 == $1.1 }
        let start = isDense ? pickled.offset : 0
        let elements = StoredElements(
            source: source,
            offset: range.lowerBound + start * type.byteCount,
            count: isDense ? count : last + 1,
            dataType: type
        )
        if isDense { return elements.floatTensor(shape: shape) }
        let offset = pickled.offset
        let derived = DerivedElements(count: count) {
            let floats = elements.floats()
            return shape.offsets(strides: strides, from: offset).map { floats[$0] }
        }
        return Tensor(derived, shape: shape)
    }

    /// The tensor of that name and shape.
    ///
    /// - Throws: `malformed` when there is none, or one of another shape or kind.
    func floats(_ name: String, shape: [Int]) throws(ModelError) -> Tensor {
        guard let tensor = tensors[name] else { throw ModelError(.malformed, "no tensor \"\(name)\"") }
        guard tensor.shape == shape, tensor.dataType.isFloatingPoint else {
            throw ModelError(.malformed, "tensor \"\(name)\" is \(tensor.dataType) \(tensor.shape), not \(shape)")
        }
        return tensor
    }
}
