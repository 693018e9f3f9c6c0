// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Writes state dictionaries as PyTorch saves them, for tests.
package enum TorchArchive {
    /// An archive of tensors by name and shape; each gets a storage of its own.
    package static func bytes(_ tensors: [(name: String, shape: [Int], floats: [Float])]) -> [UInt8] {
        var pickle: [UInt8] =
            [0x80, 2] + global("collections", "OrderedDict") + [UInt8(ascii: ")"), UInt8(ascii: "R")]
        pickle.append(UInt8(ascii: "("))
        var entries: [(name: String, content: [UInt8])] = []
        for (position, tensor) in tensors.enumerated() {
            pickle += text(tensor.name) + global("torch._utils", "_rebuild_tensor_v2") + Array("((".utf8)
            pickle += text("storage") + global("torch", "FloatStorage") + text("\(position)") + text("cpu")
            pickle += integer(tensor.floats.count) + Array("tQ".utf8) + integer(0)
            var (strides, stride) = ([Int](), 1)
            for extent in tensor.shape.reversed() {
                strides.insert(stride, at: 0)
                stride *= extent
            }
            for numbers in [tensor.shape, strides] {
                pickle += Array("(".utf8) + numbers.flatMap(integer) + Array("t".utf8)
            }
            pickle += [0x89] + global("collections", "OrderedDict") + Array(")RtR".utf8)
            entries.append(("archive/data/\(position)", tensor.floats.withUnsafeBytes { Array($0) }))
        }
        pickle += Array("u.".utf8)
        return ZipFile.bytes(
            [("archive/data.pkl", pickle), ("archive/byteorder", Array("little".utf8))] + entries
                + [("archive/version", Array("3\n".utf8))]
        )
    }

    private static func global(_ module: String, _ name: String) -> [UInt8] { Array("c\(module)\n\(name)\n".utf8) }

    private static func text(_ text: String) -> [UInt8] { Array("X".utf8) + number(text.utf8.count) + Array(text.utf8) }

    private static func integer(_ integer: Int) -> [UInt8] { Array("J".utf8) + number(integer) }

    private static func number(_ value: Int) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}
