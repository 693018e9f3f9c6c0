// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitModels
import Foundation
import Testing

@Suite struct CatalogueTests {
    private static let catalogue = ModelCatalogue.standard

    @Test(arguments: catalogue.models)
    func anEntryIsSound(model: CatalogueModel) {
        #expect(ModelStore.isModelName(model.name))
        #expect(model.aliases.allSatisfy(ModelStore.isModelName))
        #expect(ModelStore.taskFolders.contains(model.folder))
        #expect(model.homepage.hasPrefix("https://"))
        #expect(!model.license.text.isEmpty && !model.summary.isEmpty)
        // Whoever reads only the card must not come to a milder judgement.
        #expect(ModelLicense(describedBy: model.license.text).use == model.license.use)
        #expect(model.files.isEmpty == (model.obstacle != nil))
        for file in model.files {
            #expect(!file.name.contains("/") && !file.sources.isEmpty)
            if let sha256 = file.sha256 {
                #expect(sha256.wholeMatch(of: /[0-9a-f]{64}/) != nil)
            }
            for source in file.sources {
                switch source {
                case .address(let address): #expect(URL(string: address)?.scheme == "https")
                case .member(_, let pack): #expect(Self.catalogue.pack(named: pack) != nil)
                }
            }
        }
        for name in model.obstacle?.instead ?? [] {
            #expect(Self.catalogue.model(named: name)?.name == name)
            #expect(Self.catalogue.model(named: name)?.obstacle == nil)
        }
    }

    @Test(arguments: catalogue.models.filter { $0.obstacle == nil })
    func theCardOfAnEntryIsACard(model: CatalogueModel) throws {
        let parts = model.files.map { file in
            ModelCard.Part(
                file: file.name,
                sha256: file.sha256 ?? String(repeating: "0", count: 64),
                bytes: file.bytes ?? 1
            )
        }
        let card = model.card(parts: parts, origin: .init(addresses: ["https://example.org"], isVerified: true))
        let written = try JSONEncoder().encode(card)
        #expect(try ModelCard(decoding: [UInt8](written), from: model.name) == card)
        #expect(card.parts == parts)
    }

    @Test(arguments: catalogue.packs)
    func aPackHoldsModels(pack: CataloguePack) {
        #expect(pack.address.hasPrefix("https://") && pack.sha256?.count == 64)
        #expect(Self.catalogue.models(inPack: pack.name).count >= 2)
        #expect(Self.catalogue.model(named: pack.name) == nil)
    }

    @Test(arguments: [
        "mtcnn_pnet", "mtcnn_rnet", "mtcnn_onet", "20180402-114759", "20180408-102900", "LResNet100E-IR",
        "arcface_r100_v1",
        "mobilefacenet_foamliu", "arcface_mobilefacenet", "retinaface_mv1_0.25", "retinaface_r50_v1", "hopenet",
        "genderage",
        "age_gender_tinyxception", "det_10g", "w600k_r50", "glintr100", "face_detection_yunet_2023mar", "sface",
    ])
    func whatTheServedSystemsNameIsKnown(name: String) {
        #expect(Self.catalogue.model(named: name) != nil)
    }

    @Test func onlyEntriesWithAllHashesCountAsVerifiable() throws {
        let casia = try #require(Self.catalogue.model(named: "20180408-102900"))
        #expect(!Self.catalogue.isVerifiable(casia))
        let yunet = try #require(Self.catalogue.model(named: "yunet_n"))
        #expect(Self.catalogue.isVerifiable(yunet))
    }

    @Test func theDocumentListsEveryModelAndPack() throws {
        let document = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Docs/models.md")
        let text = try String(contentsOf: document, encoding: .utf8)
        for name in Self.catalogue.models.map(\.name) + Self.catalogue.packs.map(\.name) {
            #expect(text.contains("| `\(name)`"), "\(name) is not in Docs/models.md")
        }
    }
}
