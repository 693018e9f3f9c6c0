// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Reads settings by their paths from flags, environment and file, in that order, and collects what is wrong with them.
///
/// The path `mtcnn.token` is the key `token` below `mtcnn` in the file, the variable `FACEKIT_MTCNN_TOKEN` in the
/// environment and the name `mtcnn.token` among the flags.
struct ConfigurationReader {
    /// Where values come from; texts from flags and environment are read as what is wanted.
    struct Sources {
        var flags: [String: String] = [:]
        var environment: [String: String] = [:]
        /// Settings by path, from variables that have the names of CompreFace's own.
        var guide: [String: String] = [:]
        /// The file's content, an object.
        var file: JSON = .object([])
    }

    /// A setting as it is in effect.
    struct Entry {
        var path: String
        var value: JSON
        var isSecret: Bool
        var source: String
    }

    private let sources: Sources
    private(set) var faults: [String] = []
    private(set) var entries: [Entry] = []
    private var knownPaths: Set<String> = []

    init(_ sources: Sources) { self.sources = sources }

    /// Adds a fault that several settings make together.
    mutating func fault(_ message: String) { faults.append(message) }

    private static func variable(_ path: String) -> String {
        "FACEKIT_" + path.uppercased().map { $0 == "." || $0 == "-" ? "_" : String($0) }.joined()
    }

    /// The value in the file, as it stands there.
    func fileValue(_ path: String) -> JSON? {
        path.split(separator: ".").reduce(Optional(sources.file)) { $0?[String($1)] }.flatMap { $0.isNull ? nil : $0 }
    }

    private mutating func value<Value>(
        _ path: String,
        default fallback: Value,
        isSecret: Bool = false,
        describedBy describe: (Value) -> JSON,
        wanted: String,
        from read: (JSON) -> Value?
    ) -> Value {
        knownPaths.insert(path)
        let variable = Self.variable(path)
        let found: (JSON, String)? =
            if let flag = sources.flags[path] {
                (.text(flag), "flag \(path)")
            } else if let text = sources.environment[variable], !text.isEmpty {
                (.text(text), variable)
            } else if let text = sources.guide[path] {
                (.text(text), "environment, \(path)")
            } else {
                fileValue(path).map { ($0, "file, \(path)") }
            }
        var (value, source) = (fallback, "default")
        if let (json, origin) = found {
            if let read = read(json) {
                (value, source) = (read, origin)
            } else {
                let shown = isSecret ? "" : ", not \(String(decoding: json.encoded.prefix(80), as: UTF8.self))"
                faults.append("\(origin): \(wanted) is wanted\(shown)")
            }
        }
        entries.append(Entry(path: path, value: describe(value), isSecret: isSecret, source: source))
        return value
    }

    mutating func string(_ path: String, default fallback: String) -> String {
        value(path, default: fallback, describedBy: JSON.text, wanted: "text") { $0.text }
    }

    mutating func optionalString(_ path: String, isSecret: Bool = false) -> String? {
        value(
            path,
            default: String?.none,
            isSecret: isSecret,
            describedBy: { $0.map(JSON.text) ?? .null },
            wanted: "text"
        ) { json in json.text.map { text -> String? in text.isEmpty ? nil : text } }
    }

    mutating func choice(_ path: String, of choices: [String], default fallback: String) -> String {
        value(
            path,
            default: fallback,
            describedBy: JSON.text,
            wanted: "one of \(choices.joined(separator: ", "))"
        ) { json in
            let text = json.text ?? json.bool.map { $0 ? "true" : "false" }
            return text.flatMap { choices.contains($0) ? $0 : nil }
        }
    }

    mutating func optionalChoice(_ path: String, of choices: [String]) -> String? {
        value(
            path,
            default: String?.none,
            describedBy: { $0.map(JSON.text) ?? .null },
            wanted: "one of \(choices.joined(separator: ", "))"
        ) { json in json.text.flatMap { choices.contains($0) ? .some($0) : nil } }
    }

    mutating func bool(_ path: String, default fallback: Bool) -> Bool {
        value(path, default: fallback, describedBy: JSON.bool, wanted: "true or false") { json in
            switch json.text?.lowercased() {
            case "true", "yes", "on", "1": true
            case "false", "no", "off", "0": false
            case nil: json.bool
            default: nil
            }
        }
    }

    mutating func int(_ path: String, default fallback: Int, in range: ClosedRange<Int>) -> Int {
        value(
            path,
            default: fallback,
            describedBy: JSON.int,
            wanted: "a whole number from \(range.lowerBound) to \(range.upperBound)"
        ) { json in
            (json.int ?? json.text.flatMap { Int($0) }).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    mutating func number(_ path: String, default fallback: Float, in range: ClosedRange<Float>) -> Float {
        value(
            path,
            default: fallback,
            describedBy: { .double(Double($0.description) ?? Double($0)) },
            wanted: "a number from \(range.lowerBound) to \(range.upperBound)"
        ) { json in
            (json.double.map { Float($0) } ?? json.text.flatMap { Float($0) })
                .flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// A size in bytes: a number, or one followed by `KB`, `MB` or `GB` of 1024.
    mutating func bytes(_ path: String, default fallback: Int) -> Int {
        value(path, default: fallback, describedBy: JSON.int, wanted: "a size such as 1048576 or 5MB") { json in
            if let number = json.int { return number > 0 ? number : nil }
            guard let text = json.text?.uppercased() else { return nil }
            let digits = text.prefix { $0.isNumber }
            let factors = [
                "": 1, "B": 1, "K": 1 << 10, "KB": 1 << 10, "M": 1 << 20, "MB": 1 << 20, "G": 1 << 30, "GB": 1 << 30,
            ]
            let unit = text.dropFirst(digits.count).trimmingSpace()
            guard let number = Int(digits), number > 0, let factor = factors[String(unit)],
                !number.multipliedReportingOverflow(by: factor).overflow
            else { return nil }
            return number * factor
        }
    }

    /// A list; in flags and environment separated by commas.
    mutating func strings(_ path: String, default fallback: [String], isSecret: Bool = false) -> [String] {
        value(
            path,
            default: fallback,
            isSecret: isSecret,
            describedBy: { .array($0.map(JSON.text)) },
            wanted: "a list of texts"
        ) { json in
            if let text = json.text {
                return text.split(separator: ",").map { String($0.trimmingSpace()) }.filter { !$0.isEmpty }
            }
            let texts = json.elements?.map(\.text)
            return texts?.contains(where: { $0 == nil }) == false ? texts?.compactMap(\.self) : nil
        }
    }

    /// An object of the file that is read by its own rules.
    mutating func object(_ path: String) -> [(name: String, value: JSON)] {
        knownPaths.insert(path)
        guard let value = fileValue(path) else { return [] }
        guard case .object(let members) = value else {
            faults.append("file, \(path): an object is wanted")
            return []
        }
        return members
    }

    /// A list of objects of the file that is read by its own rules.
    mutating func list(_ path: String) -> [JSON] {
        knownPaths.insert(path)
        guard let value = fileValue(path) else { return [] }
        guard let elements = value.elements else {
            faults.append("file, \(path): a list is wanted")
            return []
        }
        return elements
    }

    /// Records a setting that was read by its own rules.
    mutating func record(_ path: String, _ value: JSON, isSecret: Bool = false) {
        entries.append(Entry(path: path, value: value, isSecret: isSecret, source: "file, \(path)"))
    }

    /// Reports what the file and the flags hold and nobody asked for.
    mutating func reportUnknown() {
        func visit(_ value: JSON, _ path: String) -> [String] {
            if knownPaths.contains(path) { return [] }
            guard case .object(let members) = value,
                path.isEmpty || knownPaths.contains(where: { $0.hasPrefix(path + ".") })
            else { return [path] }
            return members.flatMap { visit($0.value, path.isEmpty ? $0.name : "\(path).\($0.name)") }
        }
        for path in visit(sources.file, "") { faults.append("file, \(path): no such setting") }
        for flag in sources.flags.keys.sorted() where !knownPaths.contains(flag) {
            faults.append("flag \(flag): no such setting")
        }
    }
}
