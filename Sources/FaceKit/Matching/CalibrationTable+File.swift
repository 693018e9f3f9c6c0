// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

extension CalibrationTable {
    /// Reads a table that ``write(toFile:)`` wrote.
    ///
    /// - Throws: ``FaceError/Code/fileUnreadable``, or ``FaceError/Code/invalidEvaluationData`` when it is no table.
    public init(contentsOf path: String) throws(FaceError) {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw FaceError(.fileUnreadable, "the calibration \(path) cannot be read", cause: error)
        }
        do {
            self = try JSONDecoder().decode(CalibrationTable.self, from: data)
        } catch {
            throw FaceError(.invalidEvaluationData, "the calibration \(path) is not usable", cause: error)
        }
    }

    /// Writes the table as JSON: the value of a model card's `calibration`.
    ///
    /// - Throws: ``FaceError/Code/fileUnwritable``.
    public func write(toFile path: String) throws(FaceError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        do {
            try encoder.encode(self).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw FaceError(.fileUnwritable, "the calibration \(path) cannot be written", cause: error)
        }
    }
}
