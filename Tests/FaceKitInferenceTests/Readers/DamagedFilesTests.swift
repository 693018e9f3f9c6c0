// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference
import FaceKitTestSupport
import Testing

/// Damaged files of the formats beside ONNX: any may be refused or read, none may trap, hang or take much memory.
@Suite struct DamagedFilesTests {
    /// A file or two that hold a small network, and how to read it.
    struct Format: CustomStringConvertible, Sendable {
        var description: String
        var files: [[UInt8]]
        /// Takes as many files; `nil` where the format holds no graph that could run.
        var read: @Sendable ([[UInt8]]) throws(ModelError) -> Graph?

        static let all = [openVINO, faceAPI, pyTorch]

        private static let openVINO: Format = {
            let file = OpenVINOFile.example
            return Format(description: "OpenVINO", files: [file.xml, file.weights]) { (files) throws(ModelError) in
                try OpenVINOReader.read(xml: files[0], weights: files[1])
            }
        }()

        private static let faceAPI: Format = {
            let (manifest, shard) = ManifestFile.proposalNetwork
            return Format(description: "face-api.js", files: [manifest, shard]) { (files) throws(ModelError) in
                try FaceAPIReader.read(manifest: files[0], shards: ["shard1": files[1]], network: .mtcnnProposal)
            }
        }()

        private static let pyTorch = Format(
            description: "PyTorch",
            files: [
                TorchArchive.bytes([
                    ("a.weight", [2, 3], [1, 2, 3, 4, 5, 6]), ("a.bias", [2], [7, 8]), ("scalar", [], [9]),
                ])
            ]
        ) { (files) throws(ModelError) in
            for tensor in try StateDictionary(files[0]).tensors.values where tensor.count <= 1 << 16 {
                _ = tensor.floats
            }
            return nil
        }
    }

    /// Reads, infers and, where that stays small, runs.
    private func exercise(_ format: Format, _ files: [[UInt8]], _ backend: Network.Backend) throws(ModelError) {
        guard let graph = try format.read(files) else { return }
        var inputs: [Tensor] = []
        var shapes: [Graph.ValueID: [Int]] = [:]
        for id in graph.inputs {
            let shape = (graph[id].shape ?? [1, 3, 16, 16]).enumerated().map { $1 ?? ($0 == 0 ? 1 : 16) }
            guard try shape.checkedElementCount() <= 1 << 14, !shape.contains(0) else { return }
            let count = shape.reduce(1, *)
            let type = graph[id].dataType
            inputs.append(
                type.isFloatingPoint
                    ? Tensor((0..<count).map { Float($0 % 7) }, shape: shape, dataType: type)
                    : Tensor((0..<count).map { Int64($0 % 2) }, shape: shape, dataType: type)
            )
            shapes[id] = shape
        }
        let facts = try graph.inferFacts(inputs: shapes)
        guard facts.values.allSatisfy({ $0.shape.reduce(1, *) <= 1 << 16 }) else { return }
        _ = try Network(graph, options: .init(backend: backend, threads: 1)).run(inputs)
    }

    @Test("The sound files that the others are made from read and run", arguments: Format.all, Network.Backend.allCases)
    func sound(format: Format, backend: Network.Backend) throws {
        try exercise(format, format.files, backend)
    }

    @Test("A file cut short anywhere is refused", arguments: Format.all)
    func truncation(format: Format) {
        for (position, file) in format.files.enumerated() {
            // White space may be missing at the end of a text.
            let end = file.lastIndex { $0 != 0x0A } ?? file.count
            for length in stride(from: 0, through: end - 1, by: max(1, end / 1000)) {
                var files = format.files
                files[position] = Array(file.prefix(length))
                #expect(throws: ModelError.self, "\(length) of \(file.count) bytes") {
                    try exercise(format, files, .reference)
                }
            }
        }
    }

    @Test("Damaged files are refused or run", arguments: Format.all, 0..<10)
    func damage(format: Format, seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var refused = 0
        for round in 0..<1000 {
            var files = format.files
            // The file that says what is where is the one that can mislead.
            let position = Int.random(in: 0..<8, using: &random) == 0 ? files.count - 1 : 0
            files[position] = DamagedBytes.damaged(files[position], using: &random)
            do { try exercise(format, files, round % 4 == 0 ? .fast : .reference) } catch { refused += 1 }
        }
        #expect(refused > 200 && refused < 1000)
    }
}

extension OpenVINOFile {
    /// A network with most kinds of content that a file can have.
    fileprivate static let example: OpenVINOFile = {
        var file = OpenVINOFile()
        let x = file.parameter("x", [1, 2, 6, 6])
        let mean = file.constant([0.5, 1], [1, 2, 1, 1])
        let centred = file.layer("Subtract", "centred", "auto_broadcast=\"numpy\"", [x, mean], [[1, 2, 6, 6]])[0]
        // Bytes as weights, moved onto a grid.
        let bytes = file.constant((0..<54).map { UInt8($0 * 4) }, [3, 2, 3, 3], "u8")
        let wide = file.layer("Convert", "wide", "destination_type=\"f32\"", [bytes], [[3, 2, 3, 3]])[0]
        let bounds = [[0], [255], [-1], [1]].map { file.constant($0.map { Float($0) }, [1]) }
        let weights = file.layer("FakeQuantize", "grid", "levels=\"256\"", [wide] + bounds, [[3, 2, 3, 3]])[0]
        let window = "strides=\"1,1\" dilations=\"1,1\" pads_begin=\"1,1\" pads_end=\"1,1\" auto_pad=\"explicit\""
        let convolved = file.layer("Convolution", "convolved", window, [centred, weights], [[1, 3, 6, 6]])[0]
        let slope = file.constant([0.1, 0.2, 0.3], [3])
        let rectified = file.layer("PReLU", "rectified", "", [convolved, slope], [[1, 3, 6, 6]])[0]
        let filters = file.constant((0..<27).map { Float($0) / 27 }, [3, 1, 1, 3, 3])
        let filtered = file.layer("GroupConvolution", "filtered", window, [rectified, filters], [[1, 3, 6, 6]])[0]
        let pool = "kernel=\"2,2\" strides=\"2,2\" pads_begin=\"0,0\" pads_end=\"0,0\" rounding_type=\"ceil\""
        let pooled = file.layer("MaxPool", "pooled", pool, [filtered], [[1, 3, 3, 3]])[0]
        let sizes = file.integers([6, 6])
        let axes = file.integers([2, 3])
        let scales = file.constant([2, 2], [2])
        let placing = "mode=\"linear\" shape_calculation_mode=\"sizes\" coordinate_transformation_mode=\"half_pixel\""
        let larger = file.layer(
            "Interpolate",
            "larger",
            placing,
            [pooled, sizes, scales, axes],
            [[1, 3, 6, 6]],
            opset: "opset4"
        )[0]
        let axis = file.integers([1], [])
        let lengths = file.integers([1, -1])
        let parts = file.layer("VariadicSplit", "parts", "", [larger, axis, lengths], [[1, 1, 6, 6], [1, 2, 6, 6]])
        let joined = file.layer("Concat", "joined", "axis=\"1\"", [parts[1], parts[0]], [[1, 3, 6, 6]])[0]
        let begin = file.integers([0, 0, 1, 1])
        let end = file.integers([0, 0, 5, 4])
        let steps = file.integers([1, 1, 2, 1])
        let masks = "begin_mask=\"1,1,0,0\" end_mask=\"1,1,0,0\" new_axis_mask=\"\" shrink_axis_mask=\"\""
        let cut = file.layer("StridedSlice", "cut", masks, [joined, begin, end, steps], [[1, 3, 2, 3]])[0]
        let shape = file.integers([0, -1])
        let flat = file.layer("Reshape", "flat", "special_zero=\"true\"", [cut, shape], [[1, 18]])[0]
        // Halves: 1 and 0.5 in turn.
        let halves = file.constant((0..<36).flatMap { [0x00, $0 % 2 == 0 ? 0x3C : 0x38] as [UInt8] }, [2, 18], "f16")
        let matrix = file.layer("Convert", "matrix", "destination_type=\"f32\"", [halves], [[2, 18]])[0]
        let product = file.layer(
            "MatMul",
            "product",
            "transpose_a=\"false\" transpose_b=\"true\"",
            [flat, matrix],
            [[1, 2]]
        )[0]
        let reduced = file.layer("ReduceMean", "reduced", "keep_dims=\"true\"", [product, axis], [[1, 1]])[0]
        let difference = file.layer("Subtract", "difference", "", [product, reduced], [[1, 2]])[0]
        file.result(file.layer("SoftMax", "y", "axis=\"1\"", [difference], [[1, 2]])[0])
        file.result(cut)
        return file
    }()
}

/// Writes weight manifests for tests.
private enum ManifestFile {
    /// MTCNN's first stage with small weights, floats and bytes in turn.
    static let proposalNetwork: (manifest: [UInt8], shard: [UInt8]) = {
        let shapes: [(String, [Int])] = [
            ("conv1/weights", [3, 3, 3, 10]), ("conv1/bias", [10]), ("prelu1_alpha", [10]),
            ("conv2/weights", [3, 3, 10, 16]), ("conv2/bias", [16]), ("prelu2_alpha", [16]),
            ("conv3/weights", [3, 3, 16, 32]), ("conv3/bias", [32]), ("prelu3_alpha", [32]),
            ("conv4_1/weights", [1, 1, 32, 2]), ("conv4_1/bias", [2]), ("conv4_2/weights", [1, 1, 32, 4]),
            ("conv4_2/bias", [4]),
        ]
        var (entries, shard): ([String], [UInt8]) = ([], [])
        for (position, (name, shape)) in shapes.enumerated() {
            var entry = "\"name\": \"pnet\\/\(name)\", \"shape\": \(shape), \"dtype\": \"float32\""
            let count = shape.reduce(1, *)
            if position % 2 == 0 {
                entry += ", \"quantization\": {\"dtype\": \"uint8\", \"scale\": 0.0078125, \"min\": -1e0}"
                shard += (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            } else {
                shard += (0..<count).flatMap { index in withUnsafeBytes(of: Float(index) / 64) { Array($0) } }
            }
            entries.append("{\(entry)}")
        }
        let manifest = "[{\"paths\": [\"shard1\"], \"weights\": [\n\(entries.joined(separator: ",\n"))\n]}]\n"
        return (Array(manifest.utf8), shard)
    }()
}
