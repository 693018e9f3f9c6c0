// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit

/// What the evaluations of analysis stages have in common.
enum EvaluatedModels {
    /// One model's line of a table.
    struct Row<Accuracy: Encodable>: Encodable {
        /// What was measured.
        let model: String
        /// Pictures in which no face was found.
        let missing: Int
        /// The median time for a face on one thread, crops and decoding included.
        let milliseconds: Double
        /// How well it did.
        let accuracy: Accuracy
    }

    /// The models that were named, or those known ones all of whose files are installed; the first known one when none is,
    /// so that an error can name it.
    static func names(_ named: [String], known: [String], in store: ModelStore) -> [String] {
        if !named.isEmpty { return named }
        let installed = known.filter { name in
            let files = name.hasPrefix("pnp:") ? String(name.dropFirst("pnp:".count)) : name
            return files.split(separator: "+").allSatisfy { store.hasModel(named: String($0)) }
        }
        return installed.isEmpty ? Array(known.prefix(1)) : installed
    }

    /// An error for a set in which nothing can be measured.
    static func noFace(in source: String) -> FaceError {
        FaceError(.invalidEvaluationData, "no face was found in any picture of \(source)")
    }
}

/// Columns of text, the first to the left and the others to the right.
struct TextTable {
    let heading: [String]
    let rows: [[String]]

    /// The lines, aligned.
    var text: String {
        let all = [heading] + rows
        let widths = heading.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            row.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - row[column].count)
                return column == 0 ? row[column] + space : space + row[column]
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
