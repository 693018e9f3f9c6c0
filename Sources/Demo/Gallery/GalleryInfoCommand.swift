// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit
import Foundation

struct GalleryInfoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Print numbers about a gallery."
    )

    @OptionGroup var gallery: GalleryArgument
    @OptionGroup var answer: OutputOptions

    private struct Answer: Encodable {
        let path: String
        let kind: String
        let nameMatching: String
        let space: String?
        let dimension: Int?
        let subjects: Int
        let faces: Int
        let pictures: Int
        let awaitingErasure: Int
        let stagedSpace: String?
        let stagedFaces: Int?
    }

    func run() async throws {
        let info = try await gallery.use(writing: false) { open in
            let statistics = try await open.statistics
            return Answer(
                path: gallery.path,
                kind: gallery.options.kind(of: gallery.path).rawValue,
                nameMatching: open.configuration.nameMatching.rawValue,
                space: statistics.space,
                dimension: statistics.dimension,
                subjects: statistics.subjectCount,
                faces: statistics.templateCount,
                pictures: statistics.pictureCount,
                awaitingErasure: statistics.awaitingErasure,
                stagedSpace: statistics.staged?.space,
                stagedFaces: statistics.staged?.templateCount
            )
        }
        try answer.print(info) {
            var lines = [
                "kind              \(info.kind)",
                "space             \(info.space ?? "none yet")"
                    + (info.dimension.map { ", \($0) dimensions" } ?? ""),
                "subjects          \(info.subjects), "
                    + (info.nameMatching == "exact" ? "upper and lower case matter" : "case does not matter"),
                "faces             \(info.faces), \(info.pictures) with their picture",
                "awaiting erasure  \(info.awaitingErasure)",
            ]
            if let space = info.stagedSpace, let count = info.stagedFaces {
                lines.append("re-embedding      \(count) of \(info.faces) into \(space)")
            }
            return lines.joined(separator: "\n")
        }
    }
}
