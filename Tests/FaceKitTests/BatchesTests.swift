// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Testing

@Suite struct BatchesTests {
    @Test(
        arguments: [
            (0, []), (1, [0..<1]), (7, [0..<4, 4..<6, 6..<7]), (8, [0..<8]), (21, [0..<8, 8..<16, 16..<20, 20..<21]),
        ] as [(Int, [Range<Int>])]
    )
    func everyElementIsInOneBatchOfAPowerOfTwo(count: Int, ranges: [Range<Int>]) {
        #expect(Array(Batches(count: count, maximum: 8)) == ranges)
    }
}
