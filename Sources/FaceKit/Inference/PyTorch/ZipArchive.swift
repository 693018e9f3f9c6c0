// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// The entries of a zip archive (PKWARE's APPNOTE).
package struct ZipArchive {
    /// Where the bytes of an entry are, and how they are packed.
    package struct Entry: Sendable {
        /// The entry's bytes in the archive.
        package let range: Range<Int>
        /// How many bytes it has when unpacked.
        package let size: Int
        /// 0 for stored and 8 for DEFLATE; others are not used any more.
        package let method: Int
        package let isEncrypted: Bool
        /// The CRC-32 of the unpacked bytes.
        package let checksum: UInt32
    }

    private let source: ByteSource
    /// By name, which may be any text: a name must never be taken for a path.
    package private(set) var entries: [String: Entry] = [:]

    /// Reads the directory of an archive.
    ///
    /// - Throws: `malformed` when the archive is damaged, `unsupported` when it is of the kind for more than 4 GiB.
    package init(_ file: MappedFile) throws(ModelError) {
        try self.init(.file(file))
    }

    /// The bytes of an entry that is stored as it is, as PyTorch does; `nil` when there is none.
    ///
    /// - Throws: `unsupported` when it is compressed or encrypted.
    func storedRange(_ name: String) throws(ModelError) -> Range<Int>? {
        guard let entry = entries[name] else { return nil }
        guard entry.method == 0, !entry.isEncrypted else {
            throw ModelError(.unsupported, "zip entry \"\(name)\" is compressed (method \(entry.method)) or encrypted")
        }
        return entry.range
    }

    init(_ source: ByteSource) throws(ModelError) {
        self.source = source
        let end = try endRecord()
        let count = number(end + 10, UInt16.self)
        let (size, start) = (number(end + 12, UInt32.self), number(end + 16, UInt32.self))
        guard count != 0xFFFF, start != 0xFFFF_FFFF else {
            throw ModelError(.unsupported, "a zip archive of more than 4 GiB or 65534 entries")
        }
        guard start <= end, size <= end - start else {
            throw ModelError(.malformed, "zip directory of \(size) bytes at byte \(start) of \(source.count)")
        }
        var position = start
        for _ in 0..<count {
            guard start + size - position >= 46, number(position, UInt32.self) == 0x0201_4B50 else {
                throw ModelError(.malformed, "no zip directory entry at byte \(position)")
            }
            let nameCount = number(position + 28, UInt16.self)
            let rest = nameCount + number(position + 30, UInt16.self) + number(position + 32, UInt16.self)
            guard rest <= start + size - position - 46 else {
                throw ModelError(.malformed, "zip directory entry at byte \(position) does not end")
            }
            let name = source.text(position + 46..<position + 46 + nameCount)
            let content = try content(ofEntryAt: position, name)
            guard entries.updateValue(content, forKey: name) == nil else {
                throw ModelError(.malformed, "zip entry \"\(name)\" stands twice")
            }
            position += 46 + rest
        }
    }

    /// Where an entry's bytes are.
    private func content(ofEntryAt position: Int, _ name: String) throws(ModelError) -> Entry {
        let flags = number(position + 8, UInt16.self)
        let method = number(position + 10, UInt16.self)
        let (packed, size) = (number(position + 20, UInt32.self), number(position + 24, UInt32.self))
        let header = number(position + 42, UInt32.self)
        guard method != 0 || packed == size, source.count >= 30, header <= source.count - 30,
            number(header, UInt32.self) == 0x0403_4B50
        else { throw ModelError(.malformed, "zip entry \"\(name)\" has no header at byte \(header)") }
        let start = header + 30 + number(header + 26, UInt16.self) + number(header + 28, UInt16.self)
        guard start <= source.count, packed <= source.count - start else {
            throw ModelError(
                .malformed,
                "zip entry \"\(name)\" has \(packed) bytes at byte \(start) of \(source.count)"
            )
        }
        return Entry(
            range: start..<start + packed,
            size: size,
            method: method,
            isEncrypted: flags & 1 != 0,
            checksum: UInt32(number(position + 16, UInt32.self))
        )
    }

    /// The offset of the record at the archive's end, which only a comment may follow.
    private func endRecord() throws(ModelError) -> Int {
        var position = source.count - 22
        let last = max(0, position - 0xFFFF)
        while position >= last, position >= 0 {
            if source[position] == 0x50, number(position, UInt32.self) == 0x0605_4B50 { return position }
            position -= 1
        }
        throw ModelError(.malformed, "no zip archive ends in \(source.count) bytes")
    }

    /// - Precondition: The number lies inside.
    private func number<Number: FixedWidthInteger>(_ offset: Int, _ type: Number.Type) -> Int {
        Int(source.integers(type, at: offset, count: 1)[0])
    }
}
