// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Yams

extension ServerConfiguration {
    /// Reads a configuration from its sources: flags before environment before file before defaults.
    ///
    /// - Parameters:
    ///   - file: The text of a file in YAML or JSON; `nil` when there is none.
    ///   - environmentFile: The text of CompreFace's own environment file; `nil` when there is none.
    ///   - environment: Variables by their names; those that begin with `FACEKIT_` and name a setting count, and those of
    ///     CompreFace that mean something here.
    ///   - flags: Settings by their paths, such as `mtcnn.token`.
    /// - Throws: ``ConfigurationFault`` with everything that is wrong.
    public init(
        file: String? = nil,
        environmentFile: String? = nil,
        environment: [String: String] = [:],
        flags: [String: String] = [:]
    ) throws(ConfigurationFault) {
        var sources = ConfigurationReader.Sources(flags: flags, environment: environment)
        if let file { sources.file = try Self.parse(file) }
        var guide = GuideVariables.settings(file: environmentFile ?? "")
        guide.settings.merge(GuideVariables.settings(environment: environment)) { $1 }
        sources.guide = guide.settings
        var reader = ConfigurationReader(sources)
        for fault in guide.faults { reader.fault(fault) }
        read(from: &reader)
        reader.reportUnknown()
        guard reader.faults.isEmpty else { throw ConfigurationFault(faults: reader.faults) }
        entries = reader.entries
    }

    private mutating func read(from reader: inout ConfigurationReader) {
        host = reader.string("host", default: host)
        data = reader.optionalString("data")
        readListeners(from: &reader)
        readCompatibility(from: &reader)
        let certificate = reader.optionalString("tls.certificate")
        let key = reader.optionalString("tls.key")
        let http2 = reader.bool("tls.http2", default: true)
        switch (certificate, key) {
        case (let certificate?, let key?): tls = TLS(certificate: certificate, key: key, http2: http2)
        case (nil, nil): break
        default: reader.fault("tls: certificate and key come together, one of them is missing")
        }
        logLevel = reader.choice(
            "log.level",
            of: ["trace", "debug", "info", "notice", "warning", "error", "critical"],
            default: logLevel
        )
        logFormat = reader.choice("log.format", of: ["text", "json"], default: logFormat)
        modelFolders = reader.strings("model_folders", default: modelFolders)
        workers = reader.int("compute.workers", default: workers, in: 0...512)
        waiting = reader.int("compute.waiting", default: waiting, in: 0...100_000)
        threads = reader.int("compute.threads", default: threads, in: 0...512)
        maximumPixels = reader.int("pictures.max_pixels", default: maximumPixels, in: 10_000...1_000_000_000)
        bodyTimeout = reader.int("timeouts.body", default: bodyTimeout, in: 1...86_400)
        idleTimeout = reader.int("timeouts.idle", default: idleTimeout, in: 1...86_400)
        native.read(from: &reader)
        insightFace.read(from: &reader)
        mtcnn.read(from: &reader, data: data)
        faceRecognition.read(from: &reader, data: data)
        compreFace.read(from: &reader)
        faceFusion.read(from: &reader, data: data)
        accounts.read(from: &reader)
    }

    /// `listen` maps ports to systems; `ports.NAME` moves a single one.
    private mutating func readListeners(from reader: inout ConfigurationReader) {
        let members = reader.object("listen")
        if !members.isEmpty {
            listeners = []
            for (port, value) in members {
                guard let number = Int(port), 0...65_535 ~= number else {
                    reader.fault("file, listen: a port is 0 to 65535, not \(port)")
                    continue
                }
                guard let root = Self.root(named: value.text ?? "") else {
                    reader.fault("file, listen.\(port): one of \(Self.rootNames.joined(separator: ", ")) is wanted")
                    continue
                }
                listeners.append(Listener(port: number, root: root))
            }
        }
        for (name, root) in Self.roots {
            let index = listeners.firstIndex { $0.root == root }
            let port = reader.int("ports.\(name)", default: index.map { listeners[$0].port } ?? -1, in: -1...65_535)
            switch (index, port) {
            case (let index?, -1): listeners.remove(at: index)
            case (let index?, _): listeners[index].port = port
            case (nil, -1): break
            case (nil, _): listeners.append(Listener(port: port, root: root))
            }
        }
        if listeners.isEmpty { reader.fault("listen: no port is listened on") }
        let ports = listeners.map(\.port).filter { $0 != 0 }
        for port in Set(ports) where ports.count(where: { $0 == port }) > 1 {
            reader.fault("listen: the port \(port) is given to several systems")
        }
    }

    private mutating func readCompatibility(from reader: inout ConfigurationReader) {
        let names = SystemName.allCases.map(\.rawValue)
        switch reader.choice("compat", of: ["none", "all"] + names, default: "none") {
        case "none": compatibility = .none
        case "all": compatibility = .all
        case let name: if let system = SystemName(rawValue: name) { compatibility = .system(system) }
        }
    }

    private static var roots: [(name: String, root: Root)] {
        [("main", .main)] + SystemName.allCases.map { ($0.rawValue, .system($0)) }
    }

    private static var rootNames: [String] { roots.map(\.name) }

    private static func root(named name: String) -> Root? { roots.first { $0.name == name }?.root }

    /// The file's content as an object.
    private static func parse(_ text: String) throws(ConfigurationFault) -> JSON {
        // JSON is nearly YAML, but its own reader says better where it is wrong.
        if text.first(where: { !$0.isWhitespace }) == "{" {
            do {
                return try JSONReader.value(in: Array(text.utf8))
            } catch {
                throw ConfigurationFault(faults: ["file: it is not JSON: \(error)"])
            }
        }
        do {
            guard let node = try Yams.compose(yaml: text) else { return .object([]) }
            guard case .object = json(node) else {
                throw ConfigurationFault(faults: ["file: settings by their names are wanted"])
            }
            return json(node)
        } catch let fault as ConfigurationFault {
            throw fault
        } catch {
            throw ConfigurationFault(faults: ["file: it is not YAML: \(error)"])
        }
    }

    private static func json(_ node: Node) -> JSON {
        switch node {
        case .mapping(let mapping):
            return .object(mapping.map { (name: $0.key.string ?? "", value: json($0.value)) })
        case .sequence(let sequence): return .array(sequence.map(json))
        default:
            if node.null != nil { return .null }
            if let bool = node.bool { return .bool(bool) }
            if let int = node.int { return .int(int) }
            if let float = node.float { return .double(float) }
            return .text(node.string ?? "")
        }
    }

    /// The settings with those of a section side by side, sections and settings in the order of their first appearance.
    private static func bySection(_ entries: [ConfigurationReader.Entry]) -> [ConfigurationReader.Entry] {
        var ranks: [String: Int] = [:]
        let places = entries.map { entry in
            var prefix = ""
            return entry.path.split(separator: ".").dropLast().map { component in
                prefix += ".\(component)"
                let rank = ranks[prefix] ?? ranks.count
                ranks[prefix] = rank
                return rank
            }
        }
        return zip(places, entries).enumerated()
            .sorted {
                $0.element.0 == $1.element.0
                    ? $0.offset < $1.offset : $0.element.0.lexicographicallyPrecedes($1.element.0)
            }
            .map(\.element.1)
    }

    /// The settings in effect as YAML, each with where it comes from; secrets are not shown.
    public var printed: String {
        var lines: [String] = []
        var open: [String] = []
        for entry in Self.bySection(entries) {
            let components = entry.path.split(separator: ".").map(String.init)
            let sections = Array(components.dropLast())
            if sections != open {
                let shared = zip(sections, open).prefix { $0 == $1 }.count
                for depth in shared..<sections.count {
                    lines.append(String(repeating: "  ", count: depth) + sections[depth] + ":")
                }
                open = sections
            }
            let value =
                entry.isSecret && !entry.value.isNull
                ? "\"***\"" : String(decoding: entry.value.encoded, as: UTF8.self)
            let indentation = String(repeating: "  ", count: sections.count)
            lines.append("\(indentation)\(components.last ?? ""): \(value)  # \(entry.source)")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
