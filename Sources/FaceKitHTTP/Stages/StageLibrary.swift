// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import FaceKit

/// Where the systems get their stages from; they name what they want by settings.
///
/// Asked anew for each request, so an answer should be at hand once a model is loaded. Every function throws
/// ``FaceKit/FaceError/Code/modelNotFound`` when a model is not installed.
public protocol StageLibrary: Sendable {
    /// Returns the detector of these settings.
    func detector(_ settings: DetectorSettings) async throws -> any Detector

    /// Returns the recognizer around the model called `name`; `nil` stands for the default.
    func recognizer(_ name: String?) async throws -> Recognizer

    /// Returns a stage that finds out these attributes, by the models that are named for some of them.
    func attributes(
        _ attributes: Set<FaceAttribute>,
        models: [FaceAttribute: String]
    ) async throws -> any AttributeStage

    /// Returns the fuser called `name`; `nil` stands for the default.
    func fusion(_ name: String?) async throws -> any FusionStage
}

extension StageLibrary {
    /// Returns a stage that finds out these attributes by the default models.
    public func attributes(_ attributes: Set<FaceAttribute>) async throws -> any AttributeStage {
        try await self.attributes(attributes, models: [:])
    }
}

/// The same stages whatever is asked for: for programs that mount systems with stages of their own, and for tests.
public struct FixedStages: StageLibrary {
    private let detector: any Detector
    private let recognizer: Recognizer
    private let attributes: (any AttributeStage)?
    private let fusion: (any FusionStage)?

    /// Creates a library of one detector, one recognizer and whatever else there is.
    public init(
        detector: any Detector,
        recognizer: Recognizer,
        attributes: (any AttributeStage)? = nil,
        fusion: (any FusionStage)? = nil
    ) {
        self.detector = detector
        self.recognizer = recognizer
        self.attributes = attributes
        self.fusion = fusion
    }

    /// Returns the detector.
    public func detector(_ settings: DetectorSettings) -> any Detector { detector }

    /// Returns the recognizer.
    public func recognizer(_ name: String?) -> Recognizer { recognizer }

    /// Returns the stage of attributes.
    public func attributes(
        _ attributes: Set<FaceAttribute>,
        models: [FaceAttribute: String]
    ) throws -> any AttributeStage {
        guard let stage = self.attributes else {
            throw FaceError(.modelNotFound, "there is no model for attributes of faces")
        }
        return stage
    }

    /// Returns the fuser.
    public func fusion(_ name: String?) throws -> any FusionStage {
        guard let fusion else { throw FaceError(.modelNotFound, "there is no fuser") }
        return fusion
    }
}
