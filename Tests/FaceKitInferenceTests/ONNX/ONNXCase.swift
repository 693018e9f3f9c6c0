// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference
import FaceKitTestSupport
import Foundation

/// One of the ONNX project's own operator tests, as `Tests/Tools/export_onnx_cases.py` writes them.
struct ONNXCase: Sendable, CustomStringConvertible {
    /// What `case.json` says.
    private struct Notes: Decodable {
        var operators: [String]
        var rtol: Double
        var atol: Double
        var sets: Int
        /// Why the data could not be written.
        var reason: String?
    }

    /// How a case went.
    enum Outcome: Equatable {
        case passed
        /// Cannot be run: what is missing.
        case skipped(String)
        /// Should run, but the outputs are wrong or an error came: which.
        case failed(String)
    }

    let folder: URL
    /// The operators in the model.
    let operators: [String]
    private let notes: Notes

    /// Kind and name, as in `node/test_abs`.
    var description: String { folder.deletingLastPathComponent().lastPathComponent + "/" + folder.lastPathComponent }

    private init(_ folder: URL) throws {
        self.folder = folder
        notes = try JSONDecoder().decode(Notes.self, from: Data(contentsOf: folder.appending(path: "case.json")))
        operators = notes.operators
    }

    /// The cases of single operators and small models; none when `FACEKIT_ONNX_CASES` names no folder of cases.
    static let all = found.filter { !$0.description.hasPrefix("light/") }

    /// Whole networks, with weights that are made when they run.
    static let light = found.filter { $0.description.hasPrefix("light/") }

    /// All cases of the folder, by name.
    private static let found: [ONNXCase] = {
        guard let path = ProcessInfo.processInfo.environment["FACEKIT_ONNX_CASES"], !path.isEmpty else { return [] }
        let root = URL(fileURLWithPath: path, isDirectory: true)
        let kinds = (try? FileManager.default.contentsOfDirectory(at: root, includingPropertiesForKeys: nil)) ?? []
        return kinds.flatMap { kind in
            (try? FileManager.default.contentsOfDirectory(at: kind, includingPropertiesForKeys: nil)) ?? []
        }.compactMap { try? ONNXCase($0) }.sorted { $0.description < $1.description }
    }()

    /// Why the case lies outside what the engine says it does; `nil` when it must pass.
    ///
    /// The reader itself decides about types and attributes, but an operator that is in the registry cannot be
    /// missing.
    var exclusion: String? {
        let missing = Set(operators).subtracting(OperatorRegistry.operatorTypes).sorted()
        if !missing.isEmpty { return "no operator \(missing.joined(separator: ", "))" }
        return notes.reason
    }

    func run(on backend: Network.Backend = .reference) -> Outcome {
        if let exclusion { return .skipped(exclusion) }
        do {
            let graph = try ONNXReader.read(contentsOf: folder.appending(path: "model.onnx").path)
            let network = backend == .fast ? try Network(graph) : nil
            for number in 0..<notes.sets {
                let set = folder.appending(path: "set_\(number)")
                let inputs = try graph.inputs.indices.map { try tensor(set, "input_\($0)") }
                let outputs =
                    try network?.run(inputs)
                    ?? ReferenceExecutor(graph).run(Dictionary(uniqueKeysWithValues: zip(graph.inputs, inputs)))
                for (index, output) in outputs.enumerated() {
                    let expected = try tensor(set, "output_\(index)")
                    if let problem = try difference(output, expected) {
                        return .failed("set \(number), output \(index): \(problem)")
                    }
                }
            }
            return .passed
        } catch let error as ModelError where error.code == .unsupported {
            let message = error.message.replacing(folder.path + "/model.onnx: ", with: "")
            return .skipped(message.replacing("not supported: ", with: ""))
        } catch {
            return .failed("\(error)")
        }
    }

    /// Reads the model with some bits flipped and, where that stays small, runs it; any of it may throw.
    func exerciseDamaged(using random: inout SeededGenerator) throws {
        guard exclusion == nil, notes.sets > 0 else { return }
        var bytes = [UInt8](try Data(contentsOf: folder.appending(path: "model.onnx")))
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            bytes[Int.random(in: bytes.indices, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        }
        let graph = try ONNXReader.read(bytes)
        var inputs: [Graph.ValueID: Tensor] = [:]
        for (index, id) in graph.inputs.enumerated() {
            inputs[id] = try tensor(folder.appending(path: "set_0"), "input_\(index)")
        }
        let facts = try graph.inferFacts(inputs: inputs.mapValues(\.shape))
        guard facts.values.allSatisfy({ $0.shape.elementCount <= 1 << 20 }) else { return }
        _ = try ReferenceExecutor(graph).run(inputs)
    }

    private func tensor(_ set: URL, _ name: String) throws -> Tensor {
        let bfloat16 = set.appending(path: name + ".bfloat16.npy")
        if FileManager.default.fileExists(atPath: bfloat16.path) {
            let wide = try NumpyFile.tensor(contentsOf: bfloat16)
            return Tensor(wide.floats, shape: wide.shape, dataType: .bfloat16)
        }
        return try NumpyFile.tensor(contentsOf: set.appending(path: name + ".npy"))
    }

    /// What is wrong with an output; `nil` when it is right.
    private func difference(_ output: Tensor, _ expected: Tensor) throws -> String? {
        guard output.dataType == expected.dataType, output.shape == expected.shape else {
            return "\(output.dataType) \(output.shape) instead of \(expected.dataType) \(expected.shape)"
        }
        guard output.dataType.isFloatingPoint else {
            let position = zip(output.integers, expected.integers).enumerated().first { $0.element.0 != $0.element.1 }
            return position.map { "\($0.element.0) instead of \($0.element.1) at \($0.offset)" }
        }
        // The engine computes in single precision whatever the type; the comparison is in the declared one.
        // Runtimes that round every intermediate value to a half type differ from that by units in the last place,
        // of which two are allowed.
        let spacing =
            switch output.dataType {
            case .float16: 0x1p-10
            case .bfloat16: 0x1p-7
            default: 0.0
            }
        let relative = max(notes.rtol, 2 * spacing)
        let rounded = try Cast(to: output.dataType).evaluate([output])[0]
        for (index, (a, b)) in zip(rounded.floats, expected.floats).enumerated() {
            if a == b || (a.isNaN && b.isNaN) { continue }
            let allowed = notes.atol + relative * Double(abs(b))
            if !(Double(abs(a - b)) <= allowed) { return "\(a) instead of \(b) at \(index)" }
        }
        return nil
    }
}
