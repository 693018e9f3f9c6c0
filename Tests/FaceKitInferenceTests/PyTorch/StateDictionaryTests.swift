// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference
import FaceKitTestSupport
import Foundation
import Testing

@Suite struct StateDictionaryTests {
    /// Written by Python's pickler (`Tests/Tools/inception_resnet_v1.py pickles`): views `dense` [2, 3], `tail` [6] and
    /// `transposed` [3, 2] of one storage of 12 floats, `half` [4] and the integer `num_batches_tracked`.
    private static let pickles = [
        """
        gAJjY29sbGVjdGlvbnMKT3JkZXJlZERpY3QKcQApUnEBKFgFAAAAZGVuc2VxAmN0b3JjaC5fdXRpbHMKX3JlYnVpbGRfdGVuc29yX3YyCnEDKC\
        hYBwAAAHN0b3JhZ2VxBGN0b3JjaApGbG9hdFN0b3JhZ2UKcQVYAQAAADBxBlgDAAAAY3B1cQdLDHRxCFFLAEsCSwOGcQlLA0sBhnEKiWgAKVJx\
        C3RxDFJxDVgEAAAAdGFpbHEOaAMoKGgEaAVoBmgHSwx0cQ9RSwZLBoVxEEsBhXERiWgAKVJxEnRxE1JxFFgKAAAAdHJhbnNwb3NlZHEVaAMoKG\
        gEaAVoBmgHSwx0cRZRSwBLA0sChnEXSwFLA4ZxGIloAClScRl0cRpScRtYBAAAAGhhbGZxHGgDKChoBGN0b3JjaApIYWxmU3RvcmFnZQpxHVgB\
        AAAAMXEeaAdLBHRxH1FLAEsEhXEgaBGJaAApUnEhdHEiUnEjWBMAAABudW1fYmF0Y2hlc190cmFja2VkcSRoAygoaARjdG9yY2gKTG9uZ1N0b3\
        JhZ2UKcSVYAQAAADJxJmgHSwF0cSdRSwApKYloAClScSh0cSlScSp1fXErWAkAAABfbWV0YWRhdGFxLGgAKVJxLVgAAAAAcS59cS9YBwAAAHZl\
        cnNpb25xMEsBc3NzYi4=
        """,
        """
        gASVqwEAAAAAAACMC2NvbGxlY3Rpb25zlIwLT3JkZXJlZERpY3SUk5QpUpQojAVkZW5zZZSMDHRvcmNoLl91dGlsc5SMEl9yZWJ1aWxkX3Rlbn\
        Nvcl92MpSTlCgojAdzdG9yYWdllIwFdG9yY2iUjAxGbG9hdFN0b3JhZ2WUk5SMATCUjANjcHWUSwx0lFFLAEsCSwOGlEsDSwGGlIloAilSlHSU\
        UpSMBHRhaWyUaAcoKGgIaAtoDGgNSwx0lFFLBksGhZRLAYWUiWgCKVKUdJRSlIwKdHJhbnNwb3NlZJRoBygoaAhoC2gMaA1LDHSUUUsASwNLAo\
        aUSwFLA4aUiWgCKVKUdJRSlIwEaGFsZpRoBygoaAhoCYwLSGFsZlN0b3JhZ2WUk5SMATGUaA1LBHSUUUsASwSFlGgXiWgCKVKUdJRSlIwTbnVt\
        X2JhdGNoZXNfdHJhY2tlZJRoBygoaAhoCYwLTG9uZ1N0b3JhZ2WUk5SMATKUaA1LAXSUUUsAKSmJaAIpUpR0lFKUdX2UjAlfbWV0YWRhdGGUaA\
        IpUpSMAJR9lIwHdmVyc2lvbpRLAXNzc2Iu
        """,
    ]

    private static let floats: [UInt8] = (0..<12).flatMap { index in
        withUnsafeBytes(of: Float(index)) { Array($0) }
    }

    /// The archive around such a pickle.
    static func archive(_ pickle: [UInt8], floats: [UInt8] = floats) -> [UInt8] {
        ZipFile.bytes([
            ("archive/data.pkl", pickle), ("archive/byteorder", Array("little".utf8)), ("archive/data/0", floats),
            // 1, -2, 0.5 and 65504 in half precision.
            ("archive/data/1", [0x00, 0x3C, 0x00, 0xC0, 0x00, 0x38, 0xFF, 0x7B]),
            ("archive/data/2", [5, 0, 0, 0, 0, 0, 0, 0]), ("archive/version", Array("3\n".utf8)),
        ])
    }

    static func pickle(_ position: Int) throws -> [UInt8] {
        Array(try #require(Data(base64Encoded: pickles[position])))
    }

    @Test("Tensors come out as Python's pickler put them in, of protocols 2 and 4", arguments: 0...1)
    func pythonPickle(position: Int) throws {
        let state = try StateDictionary(Self.archive(Self.pickle(position)))
        #expect(Set(state.tensors.keys) == ["dense", "tail", "transposed", "half"])
        #expect(state.tensors["dense"]?.shape == [2, 3])
        #expect(state.tensors["dense"]?.floats == [0, 1, 2, 3, 4, 5])
        #expect(state.tensors["tail"]?.floats == [6, 7, 8, 9, 10, 11])
        #expect(state.tensors["transposed"]?.shape == [3, 2])
        #expect(state.tensors["transposed"]?.floats == [0, 3, 1, 4, 2, 5])
        #expect(state.tensors["half"]?.floats == [1, -2, 0.5, 65504])
    }

    @Test("A pickle that wants to call something is refused by that thing's name")
    func callOfTheSystem() throws {
        let pickle = try #require(
            Data(base64Encoded: "gAJ9cQBYAQAAAGFxAWNwb3NpeApzeXN0ZW0KcQJYBAAAAHRydWVxA4VxBFJxBXMu")
        )
        let error = try #require(throws: ModelError.self) { try StateDictionary(Self.archive(Array(pickle))) }
        #expect(error.code == .unsupported && error.message.contains("posix.system"), "\(error)")
    }

    @Test("A storage that is shorter than its tensors say is refused", arguments: [0, 4, 44])
    func shortStorage(count: Int) throws {
        let bytes = Self.archive(try Self.pickle(0), floats: Array(Self.floats.prefix(count)))
        let error = try #require(throws: ModelError.self) { try StateDictionary(bytes) }
        #expect(error.code == .malformed && error.message.contains("\(count) bytes"), "\(error)")
    }

    @Test(
        "Pickles that pile up are refused in bounded memory",
        arguments: [
            // Tuples in tuples, marks without end, an append to nothing, a number of 2 GiB of text.
            [UInt8](repeating: UInt8(ascii: ")"), count: 1) + [UInt8](repeating: 0x85, count: 1 << 20),
            [UInt8](repeating: UInt8(ascii: "("), count: 1 << 20),
            Array("]N(e".utf8),
            Array("X".utf8) + [0xFF, 0xFF, 0xFF, 0x7F],
            Array("0".utf8),
            [],
        ]
    )
    func piles(pickle: [UInt8]) {
        #expect(throws: ModelError.self) { try StateDictionary(Self.archive([0x80, 2] + pickle)) }
    }

    @Test("A compressed archive is refused as such")
    func compressed() throws {
        var bytes = Self.archive(try Self.pickle(0))
        let directory = try #require(
            bytes.indices.dropLast(4).first { Array(bytes[$0..<$0 + 4]) == [0x50, 0x4B, 1, 2] }
        )
        bytes[directory + 10] = 8
        let error = try #require(throws: ModelError.self) { try StateDictionary(bytes) }
        #expect(error.code == .unsupported && error.message.contains("method 8"), "\(error)")
    }

    @Test("A network that the tensors are not of is refused by the first that is missing")
    func wrongArchitecture() throws {
        let state = try StateDictionary(Self.archive(Self.pickle(0)))
        let error = try #require(throws: ModelError.self) { try PyTorchReader.graph(state, .inceptionResNetV1) }
        #expect(error.message.contains("conv2d_1a.conv.weight"))
    }
}
