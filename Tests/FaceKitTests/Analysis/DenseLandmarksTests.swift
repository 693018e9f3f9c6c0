// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Testing

@Suite struct DenseLandmarksTests {
    @Test(arguments: LandmarkScheme.allCases)
    func everyIndexIsOneOfTheScheme(scheme: LandmarkScheme) {
        for feature in LandmarkScheme.Feature.allCases {
            let indices = scheme.indices(of: feature)
            #expect(indices.allSatisfy { 0..<scheme.count ~= $0 })
            #expect(Set(indices).count == indices.count)
            #expect(indices.isEmpty == (scheme == .points5))
        }
        if let order = scheme.indicesOf68 {
            #expect(order.count == 68 && Set(order).count == 68)
            #expect(order.allSatisfy { 0..<scheme.count ~= $0 })
        } else {
            #expect(scheme == .points5)
        }
    }

    @Test func theFivePointsOfAFaceAreTheSubjectsOwn() {
        var points = Array(repeating: Point(x: 0, y: 0), count: 68)
        for index in 36...41 { points[index] = Point(x: 10 + Float(index % 2), y: 20) }
        for index in 42...47 { points[index] = Point(x: 30 + Float(index % 2), y: 20) }
        points[30] = Point(x: 20.5, y: 30)
        points[48] = Point(x: 14, y: 40)
        points[54] = Point(x: 27, y: 40)
        let five = DenseLandmarks(scheme: .points68, points: points).fivePoints
        #expect(five.rightEye == Point(x: 10.5, y: 20) && five.leftEye == Point(x: 30.5, y: 20))
        #expect(five.rightMouthCorner == points[48] && five.leftMouthCorner == points[54])
        #expect(five.noseTip == points[30])
    }
}
