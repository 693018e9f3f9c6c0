// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitHTTP

/// Loads the models that the systems name at the start, so that first requests need not wait for them, and knows whether
/// they are there.
actor WarmUp {
    private let library: any StageLibrary
    private let configuration: ServerConfiguration
    /// Whether everything was tried once; models that are not installed do not hold that up.
    private(set) var isOver = false

    init(_ library: any StageLibrary, _ configuration: ServerConfiguration) {
        self.library = library
        self.configuration = configuration
    }

    /// Loads what can be loaded.
    func run() async {
        for detector in configuration.detectors { _ = try? await library.detector(detector) }
        for recognizer in configuration.recognizers { _ = try? await library.recognizer(recognizer) }
        if configuration.mtcnn.isEnabled { _ = try? await library.attributes([.pose]) }
        isOver = true
    }

    /// Whether it is over and every detector and embedder is there, those that were installed since included.
    var isComplete: Bool {
        get async {
            guard isOver else { return false }
            for detector in configuration.detectors where (try? await library.detector(detector)) == nil {
                return false
            }
            for recognizer in configuration.recognizers where (try? await library.recognizer(recognizer)) == nil {
                return false
            }
            return true
        }
    }
}
