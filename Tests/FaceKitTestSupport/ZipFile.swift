// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Writes zip archives of uncompressed entries, without checksums, for tests.
package enum ZipFile {
    package static func bytes(_ entries: [(name: String, content: [UInt8])]) -> [UInt8] {
        var (file, directory): ([UInt8], [UInt8]) = ([], [])
        for (name, content) in entries {
            let start = file.count
            // Version, flags, method, time, date, checksum, sizes.
            var shared = number(20, 2) + number(0, 2) + number(0, 2) + number(0, 4) + number(0, 4)
            shared += number(content.count, 4) + number(content.count, 4) + number(name.utf8.count, 2)
            file += number(0x0403_4B50, 4) + shared + number(0, 2) + Array(name.utf8) + content
            directory += number(0x0201_4B50, 4) + number(20, 2) + shared + number(0, 2) + number(0, 2)
            directory += number(0, 2) + number(0, 2) + number(0, 4) + number(start, 4) + Array(name.utf8)
        }
        let counts = number(entries.count, 2) + number(entries.count, 2)
        let end = number(0x0605_4B50, 4) + number(0, 4) + counts + number(directory.count, 4) + number(file.count, 4)
        return file + directory + end + number(0, 2)
    }

    private static func number(_ value: Int, _ width: Int) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}
