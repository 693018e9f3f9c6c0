// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

/// The lines of a comma-separated file with a heading, as label files of data sets are.
struct LabelTable {
    let source: String
    private let columns: [String: Int]
    private let rows: [[Substring]]

    /// Reads a file.
    ///
    /// - Throws: ``FaceError/Code/fileUnreadable``, or ``FaceError/Code/invalidEvaluationData`` when a wanted column is
    ///   missing or a line has another number of columns than the heading.
    init(contentsOf path: String, columns wanted: [String]) throws(FaceError) {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw FaceError(.fileUnreadable, "the labels \(path) cannot be read", cause: error)
        }
        let lines = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline)
        let heading = (lines.first ?? "").split(separator: ",", omittingEmptySubsequences: false)
        columns = Dictionary(
            zip(heading.map { $0.trimmingCharacters(in: .whitespaces) }, 0...),
            uniquingKeysWith: { first, _ in first }
        )
        for name in wanted where columns[name] == nil {
            throw FaceError(.invalidEvaluationData, "the labels \(path) have no column \(name)")
        }
        var rows: [[Substring]] = []
        for (number, line) in lines.enumerated().dropFirst() {
            let row = line.split(separator: ",", omittingEmptySubsequences: false)
            guard row.count == heading.count else {
                throw FaceError(
                    .invalidEvaluationData,
                    "line \(number + 1) of the labels \(path) has \(row.count) columns, its heading \(heading.count)"
                )
            }
            rows.append(row)
        }
        self.rows = rows
        source = path
    }

    /// Makes a value of each line.
    func map<Value>(_ transform: (Row) throws(FaceError) -> Value) throws(FaceError) -> [Value] {
        var values: [Value] = []
        for (index, row) in rows.enumerated() {
            values.append(try transform(Row(cells: row, columns: columns, line: index + 2, source: source)))
        }
        return values
    }

    /// One line.
    struct Row {
        fileprivate let cells: [Substring]
        fileprivate let columns: [String: Int]
        fileprivate let line: Int
        fileprivate let source: String

        /// What is written in a column; empty when there is no such column.
        func text(_ column: String) -> String { columns[column].map { String(cells[$0]) } ?? "" }

        /// The number in a column.
        ///
        /// - Throws: ``FaceError/Code/invalidEvaluationData`` when there is none.
        func number(_ column: String) throws(FaceError) -> Double {
            guard let number = Double(text(column)), number.isFinite else {
                throw FaceError(
                    .invalidEvaluationData,
                    "line \(line) of the labels \(source) has \"\(text(column))\" for \(column), which is no number"
                )
            }
            return number
        }
    }
}
