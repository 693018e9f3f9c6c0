// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation

/// What `facekit models list` answers.
struct ModelsResponse: Encodable {
    enum State: String, Encodable {
        /// There, and its files have the sizes the card says.
        case installed
        /// There, and not usable.
        case damaged
        /// Can be fetched, and what comes is checked.
        case available
        /// Can be fetched, but nothing is known to check it by.
        case unverified
        /// Published in a way that FaceKit cannot use.
        case conversion
    }

    struct Model: Encodable {
        var name: String
        var aliases: [String]
        var state: State
        var task: String
        var folder: String?
        var summary: String
        var license: String
        var licenseUse: ModelLicense.Use
        var licenseNotes: String?
        var bytes: Int?
        var path: String?
        var error: String?
        var homepage: String?
        var packs: [String]
        var instead: [String]

        enum CodingKeys: String, CodingKey {
            case name, aliases, state, task, folder, summary, license, bytes, path, error, homepage, packs, instead
            case licenseUse = "license_use"
            case licenseNotes = "license_notes"
        }
    }

    struct Pack: Encodable {
        var name: String
        var summary: String
        var bytes: Int?
        var models: [String]
        var address: String
    }

    var models: [Model]
    var packs: [Pack]
}

extension ModelsResponse.Model {
    /// A model of the catalogue, installed or not.
    init(_ entry: CatalogueModel, in catalogue: ModelCatalogue, installed: ModelStore.InstalledModel?) {
        self.init(
            name: entry.name,
            aliases: entry.aliases,
            state: entry.obstacle != nil ? .conversion : catalogue.isVerifiable(entry) ? .available : .unverified,
            task: entry.task,
            folder: entry.folder,
            summary: entry.summary,
            license: entry.license.text,
            licenseUse: entry.license.use,
            licenseNotes: entry.license.notes.isEmpty ? nil : entry.license.notes,
            bytes: entry.bytes,
            homepage: entry.homepage,
            packs: entry.packs,
            instead: entry.obstacle?.instead ?? []
        )
        if let installed { take(installed) }
    }

    /// A model that the catalogue does not know.
    init(_ installed: ModelStore.InstalledModel) {
        let folder = URL(fileURLWithPath: installed.path).deletingLastPathComponent().lastPathComponent
        self.init(
            name: installed.name,
            aliases: [],
            state: .installed,
            task: "",
            folder: ModelStore.taskFolders.contains(folder) ? folder : nil,
            summary: "",
            license: "",
            licenseUse: .unclear,
            packs: [],
            instead: []
        )
        take(installed)
    }

    private mutating func take(_ installed: ModelStore.InstalledModel) {
        path = installed.path
        switch installed.card {
        case .success(let card):
            state = .installed
            task = card.task
            bytes = card.totalBytes
            let known = ModelStore.license(of: card)
            license = card.license
            licenseUse = known.use
        case .failure(let failure):
            state = .damaged
            error = "\(failure)"
        }
    }
}

extension ModelsResponse.Pack {
    init(_ pack: CataloguePack, in catalogue: ModelCatalogue) {
        self.init(
            name: pack.name,
            summary: pack.summary,
            bytes: pack.bytes,
            models: catalogue.models(inPack: pack.name).map(\.name),
            address: pack.address
        )
    }
}

extension ModelsResponse {
    /// The answer for people.
    var table: String {
        var rows = [["NAME", "STATE", "SIZE", "LICENCE", "TASK"]]
        for model in models {
            let state = model.state == .conversion ? "needs conversion" : model.state.rawValue
            let size = model.bytes.map(Self.size) ?? "-"
            rows.append([model.name, state, size, Self.license(model), model.task])
        }
        var lines = Self.aligned(rows)
        if !packs.isEmpty {
            lines.append("")
            lines += Self.aligned(
                [["PACK", "SIZE", "MODELS"]]
                    + packs.map { [$0.name, $0.bytes.map(Self.size) ?? "-", $0.models.joined(separator: ", ")] }
            )
        }
        lines += models.compactMap { model in model.error.map { "\(model.name): \($0)" } }
        return lines.joined(separator: "\n")
    }

    private static func license(_ model: Model) -> String {
        switch model.licenseUse {
        case .commercial: String(model.license.prefix { $0 != " " && $0 != ";" })
        case .research: "research only"
        case .unclear: "unclear"
        }
    }

    private static func size(_ bytes: Int) -> String {
        let megabytes = Double(bytes) / 1_000_000
        return megabytes < 10 ? "\(megabytes.formatted(digits: 1)) MB" : "\(megabytes.formatted(digits: 0)) MB"
    }

    /// Columns of equal width, the last one ragged.
    private static func aligned(_ rows: [[String]]) -> [String] {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            row.enumerated().map { column, text in
                column == columns - 1 ? text : text + String(repeating: " ", count: widths[column] - text.count)
            }.joined(separator: "  ")
        }
    }
}
