// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Testing

@Suite struct SyntheticMarkTests {
    private static let picture = try! Image(width: 33, height: 21, pixels: (0..<33 * 21 * 3).map { UInt8($0 % 251) })

    @Test(arguments: [ImageEncoding.png, .jpeg(), .webp()])
    func aMarkedFileStillDecodesAndSaysWhatItIs(encoding: ImageEncoding) throws {
        guard let plain = try? Self.picture.encoded(as: encoding) else { return }
        let marked = try Self.picture.encodedSynthetic(as: encoding)
        #expect(SyntheticMark.isPresent(in: marked) && !SyntheticMark.isPresent(in: plain))
        #expect(marked.count > plain.count)
        #expect(try Image(decoding: marked) == Image(decoding: plain))
        #expect(try Self.picture.encodedSynthetic(as: encoding, mark: nil) == plain)
        // Signs that have a meaning in the container, and letters beyond its alphabet.
        let odd = try Self.picture.encodedSynthetic(as: encoding, mark: SyntheticMark(text: "a & b < c, 面, ü"))
        #expect(try Image(decoding: odd) == Image(decoding: plain))
    }
}
