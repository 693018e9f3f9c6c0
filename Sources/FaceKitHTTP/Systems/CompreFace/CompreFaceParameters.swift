// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation
import HTTPTypes

/// The parameters that most endpoints of CompreFace have, checked.
struct CompreFaceParameters: Sendable {
    /// The plugins by their names in requests.
    enum Plugin: String, CaseIterable {
        case landmarks, gender, age, pose, mask, calculator
        case landmarks106 = "landmarks2d106"
    }

    /// Most faces; 0 stands for all.
    var limit = 0
    /// The confidence that faces have to exceed.
    var confidence: Float
    /// What is told about each face.
    var plugins: Set<Plugin> = []
    /// Whether times and versions are told.
    var status = false
    /// Most candidates of a face.
    var predictionCount = 1
    /// Whether faces are looked for; else the picture is one.
    var detectsFaces = true

    /// Reads the parameters from query string and form.
    ///
    /// - Throws: An empty 400 for a value of the wrong type, 26 for one outside its range.
    init(_ items: CompreFaceItems, confidence: Float, hasPredictionCount: Bool = false) throws(CompreFaceError) {
        self.confidence = confidence
        limit = try items.int("limit") ?? 0
        if let text = items["det_prob_threshold"] {
            guard let value = Float(text) else { throw .bare(.badRequest) }
            self.confidence = value
        }
        if let text = items.joined("face_plugins") {
            plugins = Set(text.split(separator: ",").compactMap { Plugin(rawValue: String($0.trimmingSpace())) })
        }
        status = try items.bool("status") ?? false
        detectsFaces = try items.bool("detect_faces") ?? true
        var violations = ""
        if limit < 0 { violations += "Limit should be equal or greater than 0; " }
        if hasPredictionCount {
            predictionCount = try items.int("prediction_count") ?? 1
            if predictionCount < 1 { violations += "prediction_count should be equal or greater than 1; " }
        }
        guard violations.isEmpty else { throw .validation(violations) }
    }

    /// Refuses a threshold that no probability can have, which the original finds out by finding no face.
    func checkConfidence() throws(CompreFaceError) {
        guard (0...1).contains(confidence) else { throw .noFace }
    }
}

/// Parameters as they were sent: in the query string, or as fields of a form.
struct CompreFaceItems: Sendable {
    private var query: QueryItems
    private var form: QueryItems

    init(query: QueryItems, form: QueryItems = .init()) {
        self.query = query
        self.form = form
    }

    /// The first value; an empty one of a parameter that is no text counts as absent.
    subscript(name: String) -> String? {
        let value = query[name] ?? form[name]
        return value?.isEmpty == true ? nil : value
    }

    /// The first value, also an empty one.
    func text(_ name: String) -> String? { query[name] ?? form[name] }

    /// All values with commas between them.
    func joined(_ name: String) -> String? {
        let values = query.all(name) + form.all(name)
        return values.isEmpty ? nil : values.joined(separator: ",")
    }

    func int(_ name: String) throws(CompreFaceError) -> Int? {
        guard let text = self[name] else { return nil }
        guard let value = Int32(text.trimmingCharacters(in: .whitespaces)) else { throw .bare(.badRequest) }
        return Int(value)
    }

    func bool(_ name: String) throws(CompreFaceError) -> Bool? {
        guard let text = self[name] else { return nil }
        switch text.lowercased() {
        case "true", "on", "yes", "1": return true
        case "false", "off", "no", "0": return false
        default: throw .bare(.badRequest)
        }
    }
}
