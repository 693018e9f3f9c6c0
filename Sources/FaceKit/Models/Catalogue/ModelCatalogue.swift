// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// The models that are known by name: where they are published, under which licence, and how they are used.
///
/// A hash stands in the catalogue when the publisher states it (a Git LFS pointer, a checksum file), when several
/// projects that do not depend on each other state the same, or when the file was at hand; otherwise it is left out,
/// and the model is fetched only by users who accept that.
public struct ModelCatalogue: Hashable, Sendable {
    /// The models, by task and then by preference.
    public let models: [CatalogueModel]
    /// The packs that hold some of them.
    public let packs: [CataloguePack]
    private let places: [String: Int]

    /// Creates a catalogue.
    ///
    /// - Precondition: No name or alias stands twice.
    public init(models: [CatalogueModel], packs: [CataloguePack] = []) {
        self.models = models
        self.packs = packs
        let names = models.enumerated().flatMap { place, model in ([model.name] + model.aliases).map { ($0, place) } }
        places = Dictionary(names) { first, second in
            preconditionFailure("\(models[first].name) and \(models[second].name) share a name")
        }
    }

    /// The model with that name or alias.
    public func model(named name: String) -> CatalogueModel? { places[name].map { models[$0] } }

    /// The pack with that name.
    public func pack(named name: String) -> CataloguePack? { packs.first { $0.name == name } }

    /// The models that a pack holds.
    public func models(inPack name: String) -> [CatalogueModel] { models.filter { $0.packs.contains(name) } }

    /// Whether the hashes of all files are known, those of a pack standing for what is in it.
    public func isVerifiable(_ model: CatalogueModel) -> Bool {
        model.files.allSatisfy { file in
            file.sha256 != nil
                || !file.sources.isEmpty
                    && file.sources.allSatisfy { source in
                        if case .member(_, let pack) = source { self.pack(named: pack)?.sha256 != nil } else { false }
                    }
        }
    }

    /// The catalogue that FaceKit comes with.
    public static let standard = ModelCatalogue(
        models: detectionModels + recognitionModels + landmarkModels + poseModels + attributeModels,
        packs: insightFacePacks
    )
}

extension ModelLicense {
    static let mit = ModelLicense("MIT", use: .commercial)
    static let apache = ModelLicense("Apache-2.0", use: .commercial)
    static let insightFace = ModelLicense(
        "non-commercial research only (InsightFace)",
        use: .research,
        notes: "InsightFace's code is MIT; its published weights are for non-commercial research only."
    )

    func noting(_ notes: String) -> ModelLicense { ModelLicense(text, use: use, notes: notes) }
}

extension ModelInput {
    /// Pixels minus `mean`, times `scale`.
    static func picture(
        _ width: Int?,
        _ height: Int?,
        _ color: ColorOrder,
        mean: [Float] = [0, 0, 0],
        scale: Float = 1
    ) -> ModelInput {
        ModelInput(width: width, height: height, color: color, mean: mean, scale: [scale, scale, scale])
    }
}
