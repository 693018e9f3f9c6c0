// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Reads face-api.js's published weights: a `…-weights_manifest.json` and the shards beside it.
///
/// Such files hold tensors without a graph; the architecture is that of the named network. Networks take
/// [batch, 3, height, width] in RGB, normalised as their cases say.
package enum FaceAPIReader {
    private static let maximumManifestSize = 16 << 20

    /// Reads the network's weights by name; they stay in the shards' mapping as they are and become floats when they
    /// are packed.
    ///
    /// - Parameters:
    ///   - path: The manifest; its shards lie beside it.
    ///   - network: `nil` takes the one that the manifest's names belong to.
    /// - Returns: The network's graph.
    /// - Throws: ``ModelError``: `unreadable`; `malformed` also when the manifest lacks a tensor of the network or has
    ///   one of another shape; `unsupported` when the names do not tell which network is meant.
    package static func read(manifest path: String, network: FaceAPINetwork? = nil) throws(ModelError) -> Graph {
        let file = try MappedFile(path: path)
        guard file.count <= maximumManifestSize else {
            throw ModelError(.tooLarge, "\(path): a manifest of \(file.count) bytes")
        }
        let folder = path.lastIndex(of: "/").map { path[...$0] } ?? "./"
        do throws(ModelError) {
            let json = ByteSource.file(file).integers(UInt8.self, at: 0, count: file.count)
            return try read(json, network) { (name) throws(ModelError) in .file(try MappedFile(path: folder + name)) }
        } catch {
            throw ModelError(error.code, "\(path): \(error.message)")
        }
    }

    /// Reads a network from memory, with its shards by name.
    package static func read(
        manifest: [UInt8],
        shards: [String: [UInt8]],
        network: FaceAPINetwork? = nil
    ) throws(ModelError) -> Graph {
        try read(manifest, network) { (name) throws(ModelError) in
            guard let bytes = shards[name] else { throw ModelError(.unreadable, "no shard \"\(name)\"") }
            return .bytes(bytes)
        }
    }

    private static func read(
        _ json: [UInt8],
        _ network: FaceAPINetwork?,
        openShard: (String) throws(ModelError) -> ByteSource
    ) throws(ModelError) -> Graph {
        let manifest = try WeightManifest(json, openShard: openShard)
        var builder = FaceAPIBuilder(manifest)
        if let network {
            try network.build(&builder)
        } else {
            try FaceAPINetwork(named: manifest).build(&builder)
        }
        return builder.graph
    }
}
