// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Testing

@Suite struct DistanceMatcherTests {
    private static func similarity(_ matcher: any Matcher, _ probe: [Float], _ reference: [Float]) throws -> Float {
        try matcher.similarity(
            of: Embedding(space: "a", normalizing: probe),
            to: Embedding(space: "a", normalizing: reference)
        ).rawValue
    }

    @Test(
        arguments: [([1, 0], [2, 0], 0), ([1, 0], [0, 3], -1.4142135), ([1, 0], [-1, 0], -2)]
            as [(
                [Float], [Float], Float
            )]
    )
    func theEuclideanSimilarityIsTheNegatedDistance(probe: [Float], reference: [Float], wanted: Float) throws {
        #expect(abs(try Self.similarity(EuclideanMatcher(), probe, reference) - wanted) < 1e-6)
    }

    // By the formula, computed elsewhere: (tanh((1.1817961 - d) * 5.291995557) + 1) / 2.
    @Test(arguments: [(0, 0.9999963), (1.1817961, 0.5), (1.0, 0.8725981), (1.4142135, 0.0787173)] as [(Float, Float)])
    func theScaleOfTheDefaultModelIsThePublishedOne(distance: Float, wanted: Float) throws {
        let coefficients = try #require(CompreFaceMatcher.Coefficients.published["20180402-114759"])
        let matcher = CompreFaceMatcher(coefficients: coefficients)
        #expect(abs(matcher.similarity(atDistance: distance).rawValue - wanted) < 2e-6)
    }

    @Test func theScaleMeasuresTheDistanceOfUnitVectors() throws {
        let coefficients = try #require(CompreFaceMatcher.Coefficients.published["arcface_r100_v1"])
        let matcher = CompreFaceMatcher(coefficients: coefficients)
        let found = try Self.similarity(matcher, [0, 2], [2, 2])
        #expect(abs(found - matcher.similarity(atDistance: 0.7653669).rawValue) < 1e-6)
    }

    @Test(
        arguments: [
            EuclideanMatcher(), CompreFaceMatcher(coefficients: .init(border: 1.2, steepness: 5)),
        ] as [any Matcher]
    )
    func embeddingsOfDifferentSpacesAreNotCompared(matcher: any Matcher) throws {
        let probe = try Embedding(space: "a", normalizing: [1, 0])
        let reference = try Embedding(space: "b", normalizing: [1, 0])
        let error = #expect(throws: FaceError.self) { try matcher.similarity(of: probe, to: reference) }
        #expect(error?.code == .incomparableEmbeddings)
    }
}
