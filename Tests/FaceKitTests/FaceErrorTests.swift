// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation
import Testing

@Suite struct FaceErrorTests {
    @Test func aCauseOfTheOperatingSystemIsPutInItsWords() {
        let error = #expect(throws: FaceError.self) { try VerificationPairs(lfwFile: "/nowhere/pairs.txt") }
        #expect(error?.code == .fileUnreadable)
        #expect(error?.description == "the pair list /nowhere/pairs.txt cannot be read (No such file or directory)")
    }

    @Test func anotherCauseSpeaksForItself() {
        let cause = FaceError(.invalidImage, "what was beneath")
        #expect(FaceError(.invalidModel, "above", cause: cause).description == "above (what was beneath)")
        #expect(FaceError(.invalidModel, "above").description == "above")
    }
}
