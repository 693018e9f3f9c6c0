// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Walks the elements of an XML document (W3C, XML 1.0) in file order.
///
/// As strict as model files allow and as small as safety asks: UTF-8; no document types, no entities but the five that
/// are predefined and character numbers, no CDATA; elements nest to a limited depth. Nothing but the open elements'
/// names is kept, so that a document needs no more memory than its bytes.
struct XMLReader {
    struct Element {
        var name: String
        var attributes: [String: String]
    }

    enum Event {
        case start(Element)
        /// Text between tags that is not only white space.
        case text(String)
        case end
    }

    private static let maximumDepth = 64
    private static let maximumAttributeCount = 256

    private let bytes: [UInt8]
    private var position = 0
    private var open: [String] = []
    private var hasRoot = false
    /// Whether the element that was just opened has no content, so that its end comes next.
    private var closesAtOnce = false

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    /// The next event; `nil` at the end of a document whose elements are all closed.
    mutating func next() throws(ModelError) -> Event? {
        if closesAtOnce {
            closesAtOnce = false
            open.removeLast()
            return .end
        }
        while true {
            if let text = try text() { return .text(text) }
            guard position < bytes.count else {
                guard open.isEmpty, hasRoot else {
                    throw ModelError(.malformed, "the document ends inside \(open.last ?? "nothing")")
                }
                return nil
            }
            if skip("<?") {
                try skip(past: "?>")
            } else if skip("<!--") {
                try skip(past: "-->")
            } else if skip("</") {
                return try endTag()
            } else if skip("<!") {
                throw ModelError(.unsupported, "a declaration or CDATA at byte \(position - 2)")
            } else {
                position += 1
                return .start(try startTag())
            }
        }
    }

    /// Calls `body` for each child of the element that was just opened and reads past that element's end.
    ///
    /// What `body` leaves unread of a child is skipped.
    mutating func forEachChild(
        _ body: (inout XMLReader, Element) throws(ModelError) -> Void
    ) throws(ModelError) {
        while let event = try next() {
            switch event {
            case .start(let element):
                let depth = open.count
                try body(&self, element)
                while open.count >= depth { _ = try next() }
            case .text: break
            case .end: return
            }
        }
    }

    /// The text of the element that was just opened, up to its end; elements inside are skipped.
    mutating func content() throws(ModelError) -> String {
        var content = ""
        let depth = open.count
        while open.count >= depth {
            if case .text(let text)? = try next() { content += text }
        }
        return content
    }

    // MARK: Tags

    private mutating func startTag() throws(ModelError) -> Element {
        guard !open.isEmpty || !hasRoot else {
            throw ModelError(.malformed, "a second root element at byte \(position)")
        }
        guard open.count < Self.maximumDepth else {
            throw ModelError(.malformed, "elements nest deeper than \(Self.maximumDepth) at byte \(position)")
        }
        hasRoot = true
        var element = Element(name: try name(), attributes: [:])
        while true {
            let spaced = skipSpace()
            if skip(">") { break }
            if skip("/>") {
                closesAtOnce = true
                break
            }
            guard spaced, element.attributes.count < Self.maximumAttributeCount else {
                throw ModelError(.malformed, "attributes of \(element.name) at byte \(position)")
            }
            let attribute = try name()
            skipSpace()
            guard skip("=") else { throw ModelError(.malformed, "attribute \(attribute) has no value") }
            skipSpace()
            guard element.attributes.updateValue(try quoted(), forKey: attribute) == nil else {
                throw ModelError(.malformed, "attribute \(attribute) of \(element.name) stands twice")
            }
        }
        open.append(element.name)
        return element
    }

    private mutating func endTag() throws(ModelError) -> Event {
        let offset = position
        let name = try name()
        skipSpace()
        guard skip(">"), name == open.last else {
            throw ModelError(.malformed, "end of \(name) in \(open.last ?? "nothing") at byte \(offset)")
        }
        open.removeLast()
        return .end
    }

    private mutating func name() throws(ModelError) -> String {
        let start = position
        while position < bytes.count, Self.isNameByte(bytes[position]) { position += 1 }
        guard position > start else { throw ModelError(.malformed, "no name at byte \(start)") }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: ":"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."), 0x80...:
            true
        default: false
        }
    }

    // MARK: Text

    /// Text up to the next tag; `nil` when it is only white space.
    private mutating func text() throws(ModelError) -> String? {
        let start = position
        var isBlank = true
        while position < bytes.count, bytes[position] != UInt8(ascii: "<") {
            if !Self.isSpace(bytes[position]) { isBlank = false }
            position += 1
        }
        if isBlank { return nil }
        guard !open.isEmpty else { throw ModelError(.malformed, "text outside of elements at byte \(start)") }
        return try decoded(start..<position)
    }

    private mutating func quoted() throws(ModelError) -> String {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") || bytes[position] == UInt8(ascii: "'")
        else { throw ModelError(.malformed, "no quoted value at byte \(position)") }
        let quote = bytes[position]
        let start = position + 1
        guard let end = bytes[start...].firstIndex(where: { $0 == quote || $0 == UInt8(ascii: "<") }),
            bytes[end] == quote
        else { throw ModelError(.malformed, "the value at byte \(position) does not end") }
        position = end + 1
        return try decoded(start..<end)
    }

    /// Replaces what stands for a character.
    private func decoded(_ range: Range<Int>) throws(ModelError) -> String {
        var rest = bytes[range]
        guard rest.contains(UInt8(ascii: "&")) else { return String(decoding: rest, as: UTF8.self) }
        var text = ""
        while let ampersand = rest.firstIndex(of: UInt8(ascii: "&")) {
            text += String(decoding: rest[..<ampersand], as: UTF8.self)
            // The longest reference is "&#x10FFFF;".
            guard let end = rest[ampersand...].prefix(10).firstIndex(of: UInt8(ascii: ";")),
                let character = Self.character(String(decoding: rest[(ampersand + 1)..<end], as: UTF8.self))
            else { throw ModelError(.malformed, "unknown entity at byte \(ampersand)") }
            text.append(character)
            rest = rest[(end + 1)...]
        }
        return text + String(decoding: rest, as: UTF8.self)
    }

    private static func character(_ reference: String) -> Character? {
        switch reference {
        case "lt": return "<"
        case "gt": return ">"
        case "amp": return "&"
        case "quot": return "\""
        case "apos": return "'"
        default:
            let digits = reference.dropFirst(2)
            let number =
                reference.hasPrefix("#x")
                ? UInt32(digits, radix: 16) : reference.hasPrefix("#") ? UInt32(reference.dropFirst()) : nil
            return number.flatMap(Unicode.Scalar.init).map(Character.init)
        }
    }

    // MARK: Skipping

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }

    @discardableResult
    private mutating func skipSpace() -> Bool {
        let start = position
        while position < bytes.count, Self.isSpace(bytes[position]) { position += 1 }
        return position > start
    }

    /// Whether `mark` stands here; if so, it is read past.
    private mutating func skip(_ mark: String) -> Bool {
        guard bytes[position...].starts(with: mark.utf8) else { return false }
        position += mark.utf8.count
        return true
    }

    private mutating func skip(past mark: String) throws(ModelError) {
        let start = position
        while position < bytes.count {
            if skip(mark) { return }
            position += 1
        }
        throw ModelError(.malformed, "\(mark) is missing after byte \(start)")
    }
}
