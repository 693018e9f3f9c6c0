// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Writes zip archives for tests.
package enum ZipFile {
    package struct Entry {
        package var name: String
        package var content: [UInt8]
        /// The content as DEFLATE data; `nil` stores it as it is.
        package var packed: [UInt8]?
        /// The CRC-32; `nil` takes the right one.
        package var checksum: UInt32?

        package init(name: String, content: [UInt8], packed: [UInt8]? = nil, checksum: UInt32? = nil) {
            (self.name, self.content, self.packed, self.checksum) = (name, content, packed, checksum)
        }
    }

    /// An archive of uncompressed entries.
    package static func bytes(_ entries: [(name: String, content: [UInt8])]) -> [UInt8] {
        bytes(entries.map { Entry(name: $0.name, content: $0.content) })
    }

    package static func bytes(_ entries: [Entry]) -> [UInt8] {
        var (file, directory): ([UInt8], [UInt8]) = ([], [])
        for entry in entries {
            let start = file.count
            let stored = entry.packed ?? entry.content
            let checksum = Int(entry.checksum ?? checksum(entry.content))
            // Version, flags, method, time, date, checksum, sizes.
            var shared = number(20, 2) + number(0, 2) + number(entry.packed == nil ? 0 : 8, 2) + number(0, 4)
            shared += number(checksum, 4) + number(stored.count, 4) + number(entry.content.count, 4)
            shared += number(entry.name.utf8.count, 2)
            file += number(0x0403_4B50, 4) + shared + number(0, 2) + Array(entry.name.utf8) + stored
            directory += number(0x0201_4B50, 4) + number(20, 2) + shared + number(0, 2) + number(0, 2)
            directory += number(0, 2) + number(0, 2) + number(0, 4) + number(start, 4) + Array(entry.name.utf8)
        }
        let counts = number(entries.count, 2) + number(entries.count, 2)
        let end = number(0x0605_4B50, 4) + number(0, 4) + counts + number(directory.count, 4) + number(file.count, 4)
        return file + directory + end + number(0, 2)
    }

    /// The CRC-32 of zip archives, bit by bit.
    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var checksum: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            checksum ^= UInt32(byte)
            for _ in 0..<8 {
                let isOdd = checksum & 1 == 1
                checksum >>= 1
                if isOdd { checksum ^= 0xEDB8_8320 }
            }
        }
        return ~checksum
    }

    private static func number(_ value: Int, _ width: Int) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}
