// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Reads networks in OpenVINO's intermediate representation, versions 10 and 11: layers in an `.xml` file, weights in
/// a `.bin` file beside it.
///
/// The graph computes in `float32`: half-precision networks and compressed weights are widened, integers are `int64`.
/// Outputs are called as the tensor is in the file or, where it has no name, as the layer that makes it.
package enum OpenVINOReader {
    /// Larger descriptions than this are refused; the largest published face networks have a few hundred kilobytes.
    static let maximumDescriptionSize = 16 << 20

    /// Reads the network that `path`, an `.xml` file, describes; floating-point weights stay in the other
    /// file's mapping.
    ///
    /// - Throws: ``ModelError``: `unreadable`, `malformed`, `tooLarge`, or `unsupported` with all layers that the
    ///   engine has no operator for.
    package static func read(contentsOf path: String) throws(ModelError) -> Graph {
        let description = ByteSource.file(try MappedFile(path: path))
        let stem = path.hasSuffix(".xml") ? String(path.dropLast(4)) : path
        let weights = try MappedFile(path: stem + ".bin")
        do throws(ModelError) {
            return try read(description, weights: .file(weights))
        } catch {
            throw ModelError(error.code, "\(path): \(error.message)")
        }
    }

    /// Reads a network from memory.
    package static func read(xml: [UInt8], weights: [UInt8]) throws(ModelError) -> Graph {
        try read(.bytes(xml), weights: .bytes(weights))
    }

    private static func read(_ description: ByteSource, weights: ByteSource) throws(ModelError) -> Graph {
        guard description.count <= maximumDescriptionSize else {
            throw ModelError(.tooLarge, "a description of \(description.count) bytes")
        }
        var reader = XMLReader(description.integers(UInt8.self, at: 0, count: description.count))
        guard case .start(let root)? = try reader.next(), root.name == "net" else {
            throw ModelError(.malformed, "no net element")
        }
        let version = root.attributes["version"] ?? ""
        guard version == "10" || version == "11" else {
            throw ModelError(.unsupported, "version \"\(version)\" of the representation, not 10 or 11")
        }
        var layers: [OpenVINOLayer] = []
        var edges: [OpenVINOGraph.Edge] = []
        try reader.forEachChild { (reader, element) throws(ModelError) in
            switch element.name {
            case "layers":
                try reader.forEachChild { (reader, element) throws(ModelError) in
                    if element.name == "layer" { layers.append(try OpenVINOLayer(element, &reader)) }
                }
            case "edges":
                try reader.forEachChild { (_, element) throws(ModelError) in
                    if element.name == "edge" { edges.append(try OpenVINOGraph.Edge(element)) }
                }
            default: break
            }
        }
        guard try reader.next() == nil else { throw ModelError(.malformed, "text after the net element") }
        return try OpenVINOGraph(layers: layers, edges: edges, weights: weights).graph()
    }
}
