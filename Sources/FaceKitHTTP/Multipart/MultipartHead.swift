// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// The head of a part: its name, and of a file the name that the client gives it.
package struct MultipartHead: Hashable, Sendable {
    /// The name of the form field; empty when the head does not say.
    package var name = ""
    /// The file's name, without the quotes; `nil` for fields that are no files.
    package var fileName: String?
    /// The part's own content type; systems do not rely on it.
    package var contentType: String?

    /// Reads the lines of a head; lines that are not known are skipped.
    package init(lines: [Substring]) {
        for line in lines {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].trimmingSpace()
            switch line[..<colon].lowercased() {
            case "content-disposition": readDisposition(value)
            case "content-type": contentType = String(value)
            default: continue
            }
        }
    }

    /// Reads the bytes of a head without its last line's end; `nil` when a line is no header.
    ///
    /// Names are UTF-8, as browsers and every common library send them; bytes that are not are read as Latin-1.
    init?(parsing bytes: ArraySlice<UInt8>) {
        let text =
            String(validating: bytes, as: UTF8.self)
            ?? String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
        // A line that begins with a space continues the one before (obsolete, but still sent by some mail libraries).
        var lines: [String] = []
        for line in text.split(separator: "\r\n", omittingEmptySubsequences: true) {
            if let first = line.first, first == " " || first == "\t", !lines.isEmpty {
                lines[lines.count - 1] += " " + line.trimmingSpace()
            } else {
                guard line.contains(":") else { return nil }
                lines.append(String(line))
            }
        }
        self.init(lines: lines.map { $0[...] })
    }

    private mutating func readDisposition(_ value: Substring) {
        let parameters = HeaderParameters(value)
        name = parameters["name"] ?? ""
        // The extended form, which RFC 7578 forbids and some libraries send, says more precisely what is meant.
        if let extended = parameters["filename*"], let decoded = HeaderParameters.decodeExtended(extended) {
            fileName = decoded
        } else {
            fileName = parameters["filename"]
        }
    }
}

/// The parameters behind a header's value, such as `boundary` in `multipart/form-data; boundary=x`.
struct HeaderParameters {
    private var values: [String: String] = [:]

    /// Reads `value; name=value; name="quoted value"`; of parameters with one name the first counts.
    init(_ header: Substring) {
        var rest = header.drop { $0 != ";" }
        while rest.first == ";" {
            rest = rest.dropFirst().drop { $0 == " " || $0 == "\t" }
            let name = rest.prefix { $0 != "=" && $0 != ";" }
            rest = rest.dropFirst(name.count)
            guard rest.first == "=" else { continue }
            rest = rest.dropFirst()
            let value: String
            if rest.first == "\"" {
                (value, rest) = Self.readQuoted(rest.dropFirst())
                rest = rest.drop { $0 != ";" }
            } else {
                let token = rest.prefix { $0 != ";" }
                value = String(token.trimmingSpace())
                rest = rest.dropFirst(token.count)
            }
            let key = name.trimmingSpace().lowercased()
            if values[key] == nil { values[key] = value }
        }
    }

    /// The value of a parameter, by its name in lower case.
    subscript(name: String) -> String? { values[name] }

    /// The text up to the closing quote and what follows it.
    ///
    /// A backslash escapes a quote or a backslash only: browsers send `C:\folder\file.png` unescaped.
    private static func readQuoted(_ text: Substring) -> (String, Substring) {
        var value = ""
        var index = text.startIndex
        while index < text.endIndex {
            let character = text[index]
            let next = text.index(after: index)
            if character == "\"" { return (value, text[next...]) }
            if character == "\\", next < text.endIndex, text[next] == "\"" || text[next] == "\\" {
                value.append(text[next])
                index = text.index(after: next)
            } else {
                value.append(character)
                index = next
            }
        }
        return (value, text[text.endIndex...])
    }

    /// The text of `UTF-8''percent%20encoded` (RFC 8187); `nil` for other character sets.
    static func decodeExtended(_ text: String) -> String? {
        let parts = text.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].lowercased() == "utf-8" else { return nil }
        return PercentEncoding.decode(parts[2])
    }
}

extension Substring {
    /// The text without spaces and tabs at its ends.
    func trimmingSpace() -> Substring {
        let start = drop { $0 == " " || $0 == "\t" }
        guard let last = start.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return start.prefix(0) }
        return start[...last]
    }
}
