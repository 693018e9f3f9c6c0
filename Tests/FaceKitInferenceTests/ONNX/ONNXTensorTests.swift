// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference
import FaceKitTestSupport
import Foundation
import Testing

/// A folder of its own that goes when the test is over.
private final class TemporaryFolder {
    let url = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString, directoryHint: .isDirectory)

    init() throws {
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    func write(_ bytes: [UInt8], to name: String) throws -> String {
        let file = url.appending(path: name)
        try Data(bytes).write(to: file)
        return file.path
    }
}

/// A model whose only output is the given tensor, called `w`.
private func model(holding tensor: ProtobufMessage) -> [UInt8] {
    var file = ONNXFile(opset: 17)
    file.addInitializer(tensor)
    file.addNode("Identity", ["w"], ["y"])
    file.addOutput("y")
    return file.bytes
}

/// A tensor message whose elements are in another file.
private func externalTensor(_ entries: [String: String]) -> ProtobufMessage {
    var tensor = ProtobufMessage()
    tensor.add(1, Int64(2))
    tensor.add(2, Int64(1))
    tensor.add(8, "w")
    for (key, value) in entries {
        var entry = ProtobufMessage()
        entry.add(1, key)
        entry.add(2, value)
        tensor.add(13, entry)
    }
    tensor.add(14, Int64(1))
    return tensor
}

@Suite struct ONNXTensorTests {
    /// ONNX's number of a type, two elements as raw bytes, and what they are.
    private static let rawTensors: [(type: Int64, raw: [UInt8], elements: [Double])] = [
        (1, [0, 0, 0x80, 0x3F, 0, 0, 0x20, 0xC0], [1, -2.5]),
        (10, [0, 0x3C, 0, 0xC1], [1, -2.5]),
        (16, [0x80, 0x3F, 0x20, 0xC0], [1, -2.5]),
        (11, [0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0, 0, 0, 0, 0, 0, 0x04, 0xC0], [1, -2.5]),
        (2, [7, 200], [7, 200]),
        (3, [7, 200], [7, -56]),
        (4, [1, 0, 0xFF, 0xFF], [1, 65535]),
        (5, [1, 0, 0xFF, 0xFF], [1, -1]),
        (6, [1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF], [1, -1]),
        (12, [1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF], [1, 4_294_967_295]),
        (7, [1, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], [1, -1]),
        (9, [0, 1], [0, 1]),
    ]

    @Test("Raw elements of every type are read alike from memory and from a file", arguments: rawTensors)
    func rawElements(type: Int64, raw: [UInt8], elements: [Double]) throws {
        let bytes = model(holding: ONNXFile.tensor("w", dims: [2], dataType: type, raw: raw))
        let folder = try TemporaryFolder()
        let path = try folder.write(bytes, to: "model.onnx")
        for graph in [try ONNXReader.read(bytes), try ONNXReader.read(contentsOf: path)] {
            let tensor = try #require(graph.constants.values.first)
            let found =
                tensor.dataType.isFloatingPoint ? tensor.floats.map(Double.init) : tensor.integers.map(Double.init)
            #expect(found == elements)
        }
    }

    @Test("Elements in typed lists, packed or not, are read")
    func listedElements() throws {
        var packed = ProtobufMessage()
        packed.add(1, Int64(2))
        packed.add(2, Int64(1))
        packed.add(
            4,
            ONNXFile.littleEndianBytes(Float(1).bitPattern) + ONNXFile.littleEndianBytes(Float(-2).bitPattern)
        )
        packed.add(8, "w")
        #expect(try ONNXReader.read(model(holding: packed)).constants.values.first?.floats == [1, -2])

        var half = ProtobufMessage()
        half.add(1, [2])
        half.add(2, Int64(10))
        half.add(5, Int64(0x3C00))
        half.add(5, Int64(0xC100))
        half.add(8, "w")
        #expect(try ONNXReader.read(model(holding: half)).constants.values.first?.floats == [1, -2.5])
    }

    @Test("Float weights of a file stay in its mapping")
    func mapping() throws {
        let folder = try TemporaryFolder()
        let tensor = ONNXFile.tensor("w", dims: [3], floats: [1, 2, 3])
        let graph = try ONNXReader.read(contentsOf: folder.write(model(holding: tensor), to: "model.onnx"))
        let weights = try #require(graph.constants.values.first)
        guard case .mapped = weights.storage else {
            Issue.record("the weights were copied")
            return
        }
        #expect(weights.floats == [1, 2, 3])
    }

    @Test("Weights in another file of the model's folder are read")
    func externalData() throws {
        let folder = try TemporaryFolder()
        let numbers: [Float] = [9, 1.5, -4]
        _ = try folder.write(numbers.flatMap { ONNXFile.littleEndianBytes($0.bitPattern) }, to: "weights.bin")
        let tensor = externalTensor(["location": "weights.bin", "offset": "4", "length": "8"])
        let path = try folder.write(model(holding: tensor), to: "model.onnx")
        let graph = try ONNXReader.read(contentsOf: path)
        #expect(graph.constants.values.first?.floats == [1.5, -4])
    }

    /// What a model says about where its weights are.
    private static let refusedLocations: [[String: String]] = [
        ["location": "../outside.bin"], ["location": "/etc/passwd"], ["location": "link.bin"],
        ["location": "nowhere.bin"], ["location": ""], [:], ["location": "short.bin"],
        ["location": "short.bin", "length": "-8"],
        ["location": "short.bin", "offset": "9223372036854775807", "length": "8"],
        ["location": "short.bin", "offset": "zero"],
    ]

    @Test(
        "Weights outside the model's folder, or not as long as they should be, are refused",
        arguments: refusedLocations
    )
    func externalDataRefused(entries: [String: String]) throws {
        let folder = try TemporaryFolder()
        let inner = folder.url.appending(path: "inner", directoryHint: .isDirectory)
        try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
        _ = try folder.write([UInt8](repeating: 0, count: 8), to: "outside.bin")
        _ = try folder.write([UInt8](repeating: 0, count: 4), to: "inner/short.bin")
        try FileManager.default.createSymbolicLink(
            at: inner.appending(path: "link.bin"),
            withDestinationURL: folder.url.appending(path: "outside.bin")
        )
        let path = try folder.write(model(holding: externalTensor(entries)), to: "inner/model.onnx")
        let error = try #require(throws: ModelError.self) { try ONNXReader.read(contentsOf: path) }
        #expect(error.code == .malformed || error.code == .unreadable)
    }

    /// A value and the half nearest to it.
    private static let halves: [(value: Float, half: Float)] = [
        (1, 1), (65504, 65504), (65520, .infinity), (65519, 65504), (-2.5, -2.5), (0x1p-24, 0x1p-24), (0x1p-25, 0),
        (0x1.8p-25, 0x1p-24), (0x1.002p0, 1), (0x1.006p0, 0x1.008p0),
    ]

    @Test("Halves are rounded to the nearest value, ties to the even one", arguments: halves)
    func rounding(value: Float, half: Float) {
        #expect(HalfPrecision.float(fromBits: HalfPrecision.bits(nearestTo: value)) == half)
    }
}
