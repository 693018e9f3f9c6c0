// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit

/// The ways of cutting a face out, by the names they have on the command line.
enum AlignerName: String, CaseIterable, ExpressibleByArgument {
    /// Turned, scaled and shifted to five points.
    case similarity
    /// Sheared and stretched to five points too.
    case affine
    /// By the box with a margin.
    case box
}

/// How faces are cut out.
struct AlignerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How a face is brought to its place: turned and scaled so that its five landmarks come near a template"
                + " (similarity), sheared and stretched too (affine), or not at all, cut out by its box with a margin"
                + " (box)."
        )
    )
    var aligner = AlignerName.similarity

    @Option(help: ArgumentHelp("Use the template of this embedder (default: that of ArcFace).", valueName: "name"))
    var embedder: String?

    @Option(help: ArgumentHelp("The crop's side (default: the template's; 160 for box).", valueName: "pixels"))
    var size: Int?

    @Option(
        help: ArgumentHelp("Of the crop, how much lies outside the box (box only; default: 32).", valueName: "pixels")
    )
    var margin: Int?

    func validate() throws {
        if let size, !(8...4096).contains(size) {
            throw ValidationError("--size is 8 to 4096 pixels, not \(size)")
        }
        if aligner == .box, let embedder {
            throw ValidationError("--embedder \(embedder) names a template, which --aligner box does not use")
        }
        if aligner != .box, let margin {
            throw ValidationError("--margin \(margin) goes with --aligner box only")
        }
    }

    func makeAligner(models: ModelStore) throws -> any Aligner {
        if aligner == .box {
            return try BoxAligner(width: size ?? 160, height: size ?? 160, margin: margin ?? (size ?? 160) / 5)
        }
        var template = try embedder.flatMap { try models.model(named: $0).card.alignment } ?? .arcFace112
        if let size { template = template.scaled(toWidth: size, height: size) }
        return FivePointAligner(template: template, transform: aligner == .affine ? .affine : .similarity)
    }
}
