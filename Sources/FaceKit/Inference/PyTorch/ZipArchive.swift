// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// The entries of a zip archive (PKWARE's APPNOTE) that holds them uncompressed, as PyTorch writes it.
struct ZipArchive {
    private let source: ByteSource
    private(set) var entries: [String: Range<Int>] = [:]

    /// - Throws: `malformed` when the archive is damaged, `unsupported` when entries are compressed or encrypted or
    ///   the archive is of the kind for more than 4 GiB.
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
    private func content(ofEntryAt position: Int, _ name: String) throws(ModelError) -> Range<Int> {
        let flags = number(position + 8, UInt16.self)
        let method = number(position + 10, UInt16.self)
        guard method == 0, flags & 1 == 0 else {
            throw ModelError(.unsupported, "zip entry \"\(name)\" is compressed (method \(method)) or encrypted")
        }
        let (packed, size) = (number(position + 20, UInt32.self), number(position + 24, UInt32.self))
        let header = number(position + 42, UInt32.self)
        guard packed == size, source.count >= 30, header <= source.count - 30,
            number(header, UInt32.self) == 0x0403_4B50
        else { throw ModelError(.malformed, "zip entry \"\(name)\" has no header at byte \(header)") }
        let start = header + 30 + number(header + 26, UInt16.self) + number(header + 28, UInt16.self)
        guard start <= source.count, size <= source.count - start else {
            throw ModelError(.malformed, "zip entry \"\(name)\" has \(size) bytes at byte \(start) of \(source.count)")
        }
        return start..<start + size
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
