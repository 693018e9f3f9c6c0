// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// A published model: what it does, where it is fetched from, and what the card says that is written beside it.
public struct CatalogueModel: Hashable, Sendable, Identifiable {
    /// A file of a model.
    public struct File: Hashable, Sendable {
        /// Its name once installed, beside the card.
        public var name: String
        /// Its size; `nil` where nobody has published it.
        public var bytes: Int?
        /// Its SHA-256 in 64 lower-case hexadecimal digits; `nil` where nobody has published it.
        public var sha256: String?
        /// Where it is, the preferred place first.
        public var sources: [Source]

        /// Creates a file.
        public init(_ name: String, bytes: Int? = nil, sha256: String? = nil, sources: [Source]) {
            self.name = name
            self.bytes = bytes
            self.sha256 = sha256
            self.sources = sources
        }
    }

    /// Where a file is.
    public enum Source: Hashable, Sendable {
        /// At an address, pinned to a commit or a release.
        case address(String)
        /// In a pack, under this name; folders that the pack puts in front do not count.
        case member(String, pack: String)
    }

    /// Why a published model cannot be used as it is, and what can.
    public struct Obstacle: Hashable, Sendable {
        /// The format it is published in, or the way.
        public var format: String
        /// What would make it usable.
        public var conversion: String
        /// Models of the catalogue that do the same, the nearest first.
        public var instead: [String]

        /// Creates an obstacle.
        public init(format: String, conversion: String, instead: [String]) {
            self.format = format
            self.conversion = conversion
            self.instead = instead
        }

        /// What a user can do, as the end of a sentence that names the model.
        public var advice: String {
            var advice = "it is published as \(format): \(conversion)"
            if !instead.isEmpty {
                advice +=
                    "; instead, " + instead.map { "\"facekit models pull \($0)\"" }.joined(separator: " or ")
                    + " gives a network for the same task"
            }
            return advice
        }
    }

    /// The name by which the model is asked for.
    public var name: String
    /// Other names it is known by.
    public var aliases: [String]
    /// What it does, as cards say it.
    public var task: String
    /// The sub-folder of a model folder that it goes into, one of ``ModelStore/taskFolders``.
    public var folder: String
    /// Which network it is, in a few words.
    public var summary: String
    /// The project that published it.
    public var homepage: String
    /// The licence of the weights.
    public var license: ModelLicense
    /// Its files, of which the first is opened; none where there is an ``obstacle``.
    public var files: [File]
    /// What stands in the way of using it; `nil` where nothing does.
    public var obstacle: Obstacle?
    /// See ``ModelCard/network``.
    public var network: String?
    /// How pictures go in.
    public var input: ModelInput?
    /// The names of the outputs.
    public var outputs: [String]
    /// How the outputs are to be read.
    public var decode: String?
    /// How a face is aligned before it goes in.
    public var alignment: AlignmentTemplate?
    /// See ``ModelCard/cropMargin``.
    public var cropMargin: Int?
    /// What embeddings are compared by.
    public var metric: String?
    /// Similarities at named operating points.
    public var thresholds: [String: Float]

    /// Creates an entry.
    public init(
        _ name: String,
        aliases: [String] = [],
        task: String,
        folder: String,
        summary: String,
        homepage: String,
        license: ModelLicense,
        files: [File] = [],
        obstacle: Obstacle? = nil,
        network: String? = nil,
        input: ModelInput? = nil,
        outputs: [String] = [],
        decode: String? = nil,
        alignment: AlignmentTemplate? = nil,
        cropMargin: Int? = nil,
        metric: String? = nil,
        thresholds: [String: Float] = [:]
    ) {
        self.name = name
        self.aliases = aliases
        self.task = task
        self.folder = folder
        self.summary = summary
        self.homepage = homepage
        self.license = license
        self.files = files
        self.obstacle = obstacle
        self.network = network
        self.input = input
        self.outputs = outputs
        self.decode = decode
        self.alignment = alignment
        self.cropMargin = cropMargin
        self.metric = metric
        self.thresholds = thresholds
    }

    /// The name.
    public var id: String { name }

    /// The packs that hold the model, the preferred one first.
    public var packs: [String] {
        (files.first?.sources ?? []).compactMap { source in
            if case .member(_, let pack) = source { pack } else { nil }
        }
    }

    /// The size of all files, where all are known.
    public var bytes: Int? {
        files.isEmpty ? nil : files.reduce(0) { sum, file in sum.flatMap { sum in file.bytes.map { sum + $0 } } }
    }

    /// The card of the installed model.
    ///
    /// - Parameters:
    ///   - parts: The files as they are, in the order of ``files``.
    ///   - origin: Where they came from.
    /// - Returns: What is written beside the files.
    /// - Precondition: There are as many parts as files, and at least one.
    public func card(parts: [ModelCard.Part], origin: ModelCard.Origin?) -> ModelCard {
        precondition(parts.count == files.count && !parts.isEmpty, "\(parts.count) parts of \(files.count) files")
        return ModelCard(
            name: name,
            task: task,
            file: parts[0].file,
            sha256: parts[0].sha256,
            bytes: parts[0].bytes,
            companions: Array(parts.dropFirst()),
            network: network,
            license: license.text,
            input: input,
            outputs: outputs,
            decode: decode,
            alignment: alignment,
            cropMargin: cropMargin,
            metric: metric,
            thresholds: thresholds,
            origin: origin
        )
    }
}
