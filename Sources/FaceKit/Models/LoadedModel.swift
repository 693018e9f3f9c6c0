// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

package import FaceKitInference

/// A network together with the file it came from, so that every error names the model.
package struct LoadedModel: Sendable {
    package let file: ModelFile
    package let network: Network

    /// Reads and plans the network.
    ///
    /// - Throws: ``FaceError/Code/fileUnreadable``, ``FaceError/Code/invalidModel`` or
    ///   ``FaceError/Code/unsupportedModel``.
    package init(_ file: ModelFile, compute: ComputeOptions) throws(FaceError) {
        guard (0...ComputeOptions.maximumThreads).contains(compute.threads) else {
            throw FaceError(
                .invalidConfiguration,
                "\(compute.threads) threads: 0 (all cores) to \(ComputeOptions.maximumThreads) are possible"
            )
        }
        let architecture = file.card.network.flatMap(NetworkReader.Architecture.init(named:))
        if let name = file.card.network, architecture == nil {
            throw FaceError(
                .unsupportedModel,
                "the card of the model \(file.card.name) says it is \"\(name)\"; known are "
                    + NetworkReader.Architecture.names.joined(separator: ", ")
            )
        }
        do throws(ModelError) {
            network = try Network(
                contentsOf: file.path,
                architecture: architecture,
                options: compute.networkOptions
            )
        } catch {
            throw Self.error(from: error, of: file)
        }
        self.file = file
        guard network.inputs.count == 1 else {
            throw FaceError(
                .invalidModel,
                "the model \(file.card.name) has \(network.inputs.count) inputs where one picture is expected"
            )
        }
    }

    /// The card's description of the picture input.
    ///
    /// - Throws: ``FaceError/Code/invalidModelCard`` when the card has none.
    package var pictureInput: ModelInput {
        get throws(FaceError) {
            guard let input = file.card.input else {
                throw FaceError(
                    .invalidModelCard,
                    "the card of the model \(file.card.name) is not usable: input is missing"
                )
            }
            return input
        }
    }

    /// How many pictures one run takes when the file says it, as networks that were published for one picture do;
    /// `nil` when any number goes.
    package var fixedBatch: Int? { network.inputs[0].shape?.first ?? nil }

    /// Returns where among the outputs those with the given names are.
    ///
    /// - Throws: ``FaceError/Code/invalidModel`` with the name that is missing.
    package func outputIndices(of names: [String]) throws(FaceError) -> [Int] {
        var indices: [Int] = []
        for name in names {
            guard let index = network.outputs.firstIndex(where: { $0.name == name }) else {
                throw FaceError(
                    .invalidModel,
                    "the model \(file.card.name) has no output \(name), only "
                        + network.outputs.map(\.name).joined(separator: ", ")
                )
            }
            indices.append(index)
        }
        return indices
    }

    /// Computes the outputs, in graph order.
    package func run(_ input: Tensor) throws(FaceError) -> [Tensor] {
        do throws(ModelError) {
            return try network.run([input])
        } catch {
            throw Self.error(from: error, of: file)
        }
    }

    /// An error for an output whose shape is not what the detector or embedder reads.
    package func unexpectedShape(_ tensor: Tensor, of output: String, wanted: [Int]) -> FaceError {
        FaceError(
            .invalidModel,
            "the output \(output) of the model \(file.card.name) has the shape \(tensor.shape), wanted is \(wanted)"
        )
    }

    private static func error(from error: ModelError, of file: ModelFile) -> FaceError {
        let code: FaceError.Code =
            switch error.code {
            case .unreadable: .fileUnreadable
            case .unsupported: .unsupportedModel
            case .malformed, .mismatch, .tooLarge: .invalidModel
            }
        return FaceError(code, "the model \(file.card.name) (\(file.path)): \(error.message)")
    }
}
