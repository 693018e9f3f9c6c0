// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Everything that can be set about a server, with a default for each setting.
public struct ServerConfiguration: Sendable {
    /// A socket that is listened on.
    public struct Listener: Hashable, Sendable {
        /// The port; 0 lets the system choose.
        public var port: Int
        /// What owns its root.
        public var root: Root

        /// Creates a listener.
        public init(port: Int, root: Root) {
            self.port = port
            self.root = root
        }
    }

    /// What answers at the root of a listener.
    public enum Root: Hashable, Sendable {
        /// The native API, CompreFace and the pages, all others below their prefixes.
        case main
        /// One system and nothing else.
        case system(SystemName)
    }

    /// What of the other systems the main listener has at its root, besides below their prefixes.
    public enum Compatibility: Hashable, Sendable {
        /// Nothing.
        case none
        /// All of one system.
        case system(SystemName)
        /// Every path that no two systems claim; those two claim are told apart by what is sent.
        case all
    }

    /// The systems by the names they have in configuration.
    public enum SystemName: String, CaseIterable, Sendable {
        /// Face_fusion_rest.
        case fusion
        /// FaceRecognition.
        case flask
        /// mtcnn_demo.
        case mtcnn
        /// InsightFace-REST.
        case insightface
        /// CompreFace.
        case compreface

        /// Where the main listener has it besides its root.
        public var prefix: String {
            switch self {
            case .fusion: "fusion-rest"
            case .flask: "face-api"
            case .mtcnn: "mtcnn"
            case .insightface: "insightface"
            case .compreface: "api/v1"
            }
        }

        /// What people call it.
        public var title: String {
            switch self {
            case .fusion: "Face_fusion_rest"
            case .flask: "FaceRecognition"
            case .mtcnn: "mtcnn_demo"
            case .insightface: "InsightFace-REST"
            case .compreface: "CompreFace"
            }
        }

        /// The port that its original listens on.
        public var port: Int {
            switch self {
            case .fusion: 9420
            case .flask: 5000
            case .mtcnn: 30025
            case .insightface: 18080
            case .compreface: 8000
            }
        }
    }

    /// Certificate and key.
    public struct TLS: Hashable, Sendable {
        /// A file of certificates in PEM, the server's own first.
        public var certificate: String
        /// A file with its key in PEM.
        public var key: String
        /// Whether HTTP/2 is offered.
        public var http2: Bool

        /// Names the files.
        public init(certificate: String, key: String, http2: Bool = true) {
            self.certificate = certificate
            self.key = key
            self.http2 = http2
        }
    }

    /// The address that is listened on; loopback by default.
    public var host = "127.0.0.1"
    /// The folder of everything that is kept; `nil` keeps it in memory only.
    public var data: String?
    /// The sockets.
    public var listeners: [Listener] = [
        Listener(port: 8000, root: .main), Listener(port: 9420, root: .system(.fusion)),
        Listener(port: 5000, root: .system(.flask)), Listener(port: 30025, root: .system(.mtcnn)),
        Listener(port: 18080, root: .system(.insightface)),
    ]
    /// What else the main listener has at its root.
    public var compatibility = Compatibility.none
    /// Certificate and key; `nil` serves without encryption.
    public var tls: TLS?
    /// The least severe level that is logged.
    public var logLevel = "info"
    /// `text` or `json`.
    public var logFormat = "text"
    /// Folders of models, looked into before the others.
    public var modelFolders: [String] = []
    /// Requests that compute at the same time; 0 stands for one on each core.
    public var workers = 0
    /// Requests that wait for their turn at most.
    public var waiting = 64
    /// Threads of one network's run; 0 stands for all cores.
    public var threads = 0
    /// Most pixels of a picture; a picture takes three bytes for each in memory.
    public var maximumPixels = 50_000_000
    /// The longest time that a request's body may take, in seconds.
    public var bodyTimeout = 60
    /// The longest time that a connection may be idle, in seconds.
    public var idleTimeout = 75
    /// The native API.
    public var native = NativeSettings()
    /// InsightFace-REST.
    public var insightFace = InsightFaceSettings()
    /// mtcnn_demo.
    public var mtcnn = MTCNNSettings()
    /// FaceRecognition.
    public var faceRecognition = FaceRecognitionSettings()
    /// CompreFace.
    public var compreFace = CompreFaceSettings()
    /// Face_fusion_rest.
    public var faceFusion = FaceFusionSettings()
    /// Accounts, administration and pages.
    public var accounts = AccountsConfiguration()

    /// Creates the default configuration.
    public init() {}

    /// The settings as they were read, for ``printed``.
    var entries: [ConfigurationReader.Entry] = []

    /// Whether a setting was given, by file, environment or flag.
    public func isGiven(_ path: String) -> Bool {
        entries.contains { $0.path == path && $0.source != "default" }
    }

    /// The detectors of the native API and of the systems that are served.
    public var detectors: [DetectorSettings] {
        [
            native.detector, mtcnn.isEnabled ? mtcnn.detector : nil, insightFace.isEnabled ? insightFace.detector : nil,
            faceRecognition.isEnabled ? faceRecognition.detector : nil,
            faceFusion.isEnabled ? faceFusion.detector : nil, compreFace.isEnabled ? compreFace.detector : nil,
        ].compactMap(\.self)
    }

    /// The embedders of the native API and of the systems that are served; `nil` stands for the default.
    public var recognizers: Set<String?> {
        [
            native.recognizer, insightFace.isEnabled ? insightFace.recognizer : nil,
            faceRecognition.isEnabled ? faceRecognition.recognizer : nil,
            faceFusion.isEnabled ? faceFusion.recognizer : nil, compreFace.isEnabled ? compreFace.recognizer : nil,
        ]
    }
}
