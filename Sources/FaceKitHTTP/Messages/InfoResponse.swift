// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What this build is, what it runs on and which models it finds.
public struct InfoResponse: Codable, Hashable, Sendable {
    /// The processor and what is made of it.
    public struct Processor: Codable, Hashable, Sendable {
        /// The architecture this build is for, such as `"x86-64"`.
        public var architecture: String
        /// Cores that the process may use.
        public var cores: Int
        /// The kernels that networks are computed with.
        public var kernels: String
        /// All kernels that the processor can run, slowest first.
        public var availableKernels: [String]

        private enum CodingKeys: String, CodingKey {
            case architecture, cores, kernels
            case availableKernels = "available_kernels"
        }

        /// Creates a description.
        public init(architecture: String, cores: Int, kernels: String, availableKernels: [String]) {
            self.architecture = architecture
            self.cores = cores
            self.kernels = kernels
            self.availableKernels = availableKernels
        }
    }

    /// A library beneath.
    public struct Library: Codable, Hashable, Sendable {
        /// What it is called.
        public var name: String
        /// The version in use.
        public var version: String

        /// Creates a description.
        public init(name: String, version: String) {
            self.name = name
            self.version = version
        }
    }

    /// A model in one of the folders.
    public struct Model: Codable, Hashable, Sendable {
        /// The name by which it is asked for.
        public var name: String
        /// Where its file is.
        public var path: String
        /// What it does; absent when the card cannot be used.
        public var task: String?
        /// The licence of its weights; absent when the card cannot be used.
        public var license: String?
        /// The size of its file; absent when the card cannot be used.
        public var bytes: Int?
        /// Why the card cannot be used; absent when it can.
        public var error: String?

        /// Creates a description.
        public init(
            name: String,
            path: String,
            task: String? = nil,
            license: String? = nil,
            bytes: Int? = nil,
            error: String? = nil
        ) {
            self.name = name
            self.path = path
            self.task = task
            self.license = license
            self.bytes = bytes
            self.error = error
        }
    }

    /// The version of FaceKit.
    public var version: String
    /// The processor.
    public var processor: Processor
    /// The libraries beneath.
    public var libraries: [Library]
    /// The folders in which models are looked for, in that order.
    public var modelFolders: [String]
    /// The models found there, by name.
    public var models: [Model]

    /// Creates a response.
    public init(
        version: String,
        processor: Processor,
        libraries: [Library],
        modelFolders: [String],
        models: [Model]
    ) {
        self.version = version
        self.processor = processor
        self.libraries = libraries
        self.modelFolders = modelFolders
        self.models = models
    }

    private enum CodingKeys: String, CodingKey {
        case version, processor, libraries, models
        case modelFolders = "model_folders"
    }
}
