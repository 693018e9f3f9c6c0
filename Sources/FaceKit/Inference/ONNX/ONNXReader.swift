// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Reads networks in the ONNX format, operator sets 6 to 28.
package enum ONNXReader {
    /// The operator-set versions whose rules the makers know.
    static let opsets = 6...28

    /// Reads a model file; floating-point weights stay in the file's mapping.
    ///
    /// - Throws: ``ModelError``: `unreadable`, `malformed`, or `unsupported` with all nodes that the engine has no
    ///   operator for.
    package static func read(contentsOf path: String) throws(ModelError) -> Graph {
        let file = try MappedFile(path: path)
        do throws(ModelError) {
            return try read(.file(file))
        } catch {
            throw ModelError(error.code, "\(path): \(error.message)")
        }
    }

    /// Reads a model from memory; such a model cannot keep weights in other files.
    package static func read(_ bytes: [UInt8]) throws(ModelError) -> Graph {
        try read(.bytes(bytes))
    }

    private static func read(_ source: ByteSource) throws(ModelError) -> Graph {
        var reader = ProtobufReader(source)
        var graph: Range<Int>?
        var opset: Int?
        while let field = try reader.next() {
            switch field.number {
            case 7: graph = try reader.span(field)
            case 8:
                let (domain, version) = try readOpset(ProtobufReader(source, reader.span(field)))
                if domain.isEmpty || domain == "ai.onnx" { opset = version }
            default: break
            }
        }
        guard let graph else { throw ModelError(.malformed, "no graph in \(source.count) bytes") }
        guard let opset else { throw ModelError(.malformed, "no operator set is named") }
        guard opsets.contains(opset) else {
            throw ModelError(.unsupported, "operator set \(opset), not one of \(opsets)")
        }
        return try ONNXGraph(source, graph).graph(opset: opset)
    }

    private static func readOpset(_ reader: ProtobufReader) throws(ModelError) -> (domain: String, version: Int) {
        var (reader, domain, version) = (reader, "", 0)
        while let field = try reader.next() {
            switch field.number {
            case 1: domain = try reader.text(field)
            case 2: version = Int(try reader.integer(field))
            default: break
            }
        }
        return (domain, version)
    }
}
