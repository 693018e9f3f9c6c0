// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

/// Compares embeddings on CompreFace's scale of 0...1, on which 0.5 is the border between accepting and rejecting.
///
/// The similarity is (tanh((c₀ − d) · c₁) + 1) / 2 for the Euclidean distance d of the unit vectors.
public struct CompreFaceMatcher: Matcher {
    /// What the scale of one model is made of.
    public struct Coefficients: Hashable, Sendable, Codable {
        /// The distance at which the similarity is 0.5.
        public var border: Float
        /// How steeply the similarity falls around it.
        public var steepness: Float

        /// Creates coefficients.
        public init(border: Float, steepness: Float) {
            self.border = border
            self.steepness = steepness
        }

        /// The published coefficients of the models that CompreFace is shipped with, by their names there.
        public static let published: [String: Self] = [
            "20180402-114759": .init(border: 1.1817961, steepness: 5.291995557),
            "20180408-102900": .init(border: 1.1362496, steepness: 5.803152427),
            "inception_resnetv1_casia_masked": .init(border: 1.1145709, steepness: 4.554903071),
            "arcface_mobilefacenet": .init(border: 1.26538905, steepness: 5.552089201),
            "arcface_r100_v1": .init(border: 1.23132175, steepness: 6.602259425),
            "arcface_resnet34": .init(border: 1.2462842, steepness: 5.981636853),
            "arcface_resnet50": .init(border: 1.2375747, steepness: 5.973354538),
            "arcface-r50-msfdrop75": .init(border: 1.2350148, steepness: 7.071431642),
            "arcface-r100-msfdrop75": .init(border: 1.224676, steepness: 6.322647217),
            "arcface_mobilefacenet_casia_masked": .init(border: 1.22507105, steepness: 7.321198934),
        ]

        /// Fits coefficients for another model to a table of its cosine similarities.
        ///
        /// Of comparisons of different people the share `borderRate` gets 0.5 or more and the share `outerRate` gets 0.1
        /// or more; the two points fix the curve.
        ///
        /// - Throws: ``FaceError/Code/invalidConfiguration`` when the table does not reach the rates.
        public init(
            fitting table: CalibrationTable,
            borderRate: Double = 1e-3,
            outerRate: Double = 1e-1
        ) throws(FaceError) {
            guard let border = table.threshold(atFalseMatchRate: borderRate)?.rawValue,
                let outer = table.threshold(atFalseMatchRate: outerRate)?.rawValue, outer < border, border <= 1
            else {
                throw FaceError(
                    .invalidConfiguration,
                    "a table of \(table.comparisons) comparisons has no two cosines for the rates \(outerRate)"
                        + " and \(borderRate)"
                )
            }
            // Unit vectors of cosine s are √(2 − 2s) apart.
            let (near, far) = ((2 - 2 * border).squareRoot(), (2 - 2 * outer).squareRoot())
            self.init(border: near, steepness: atanh(0.8) / (far - near))
        }
    }

    /// What the scale is made of.
    public let coefficients: Coefficients

    /// Creates a matcher.
    public init(coefficients: Coefficients) {
        self.coefficients = coefficients
    }

    /// Returns the similarity, in 0...1.
    ///
    /// - Throws: ``FaceError/Code/incomparableEmbeddings`` when the spaces or the dimensions differ.
    public func similarity(of probe: Embedding, to reference: Embedding) throws(FaceError) -> Similarity {
        similarity(atDistance: try EuclideanMatcher.distance(of: probe, to: reference))
    }

    /// Returns the similarity of unit vectors at a distance of 0...2.
    public func similarity(atDistance distance: Float) -> Similarity {
        Similarity(rawValue: (tanh((coefficients.border - distance) * coefficients.steepness) + 1) / 2)
    }
}
