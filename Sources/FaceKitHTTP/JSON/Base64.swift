// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Base64 as clients send it (RFC 4648 §4 and §5).
package enum Base64 {
    /// The alphabets that are read.
    package enum Alphabet {
        /// `+` and `/`; padding is required to fit, white space is skipped.
        case standard
        /// Both alphabets mixed; padding may be missing, white space is skipped.
        case lenient
    }

    /// Returns the bytes that `text` stands for, or `nil` when it is no base64.
    package static func decode(_ text: some Collection<UInt8>, alphabet: Alphabet = .lenient) -> [UInt8]? {
        var output: [UInt8] = []
        output.reserveCapacity(text.count / 4 * 3 + 3)
        var (bits, count, padding, symbols): (UInt32, Int, Int, Int) = (0, 0, 0, 0)
        let table = alphabet == .standard ? standardValues : lenientValues
        let isWellFormed = table.withUnsafeBufferPointer { values in
            for byte in text {
                let value = values[Int(byte)]
                if value < 64 {
                    guard padding == 0 else { return false }
                    bits = bits << 6 | UInt32(value)
                    count += 1
                    symbols += 1
                    if count == 4 {
                        output.append(UInt8(truncatingIfNeeded: bits >> 16))
                        output.append(UInt8(truncatingIfNeeded: bits >> 8))
                        output.append(UInt8(truncatingIfNeeded: bits))
                        (bits, count) = (0, 0)
                    }
                } else if value == 64 {
                    padding += 1
                } else if value == 255 {
                    return false
                }
            }
            return true
        }
        guard isWellFormed, count != 1, padding <= 2 else { return nil }
        if alphabet == .standard || padding > 0 {
            guard (symbols + padding) % 4 == 0 else { return nil }
        }
        if count == 2 { output.append(UInt8(truncatingIfNeeded: bits >> 4)) }
        if count == 3 {
            output.append(UInt8(truncatingIfNeeded: bits >> 10))
            output.append(UInt8(truncatingIfNeeded: bits >> 2))
        }
        return output
    }

    /// Returns `bytes` in the standard alphabet with padding, without line breaks.
    package static func encode(_ bytes: some Collection<UInt8>) -> String {
        var output: [UInt8] = []
        output.reserveCapacity((bytes.count + 2) / 3 * 4)
        var (bits, count): (UInt32, Int) = (0, 0)
        symbols.withUnsafeBufferPointer { symbols in
            for byte in bytes {
                bits = bits << 8 | UInt32(byte)
                count += 1
                if count == 3 {
                    for shift in [UInt32(18), 12, 6, 0] { output.append(symbols[Int(bits >> shift & 63)]) }
                    (bits, count) = (0, 0)
                }
            }
            if count == 1 {
                output.append(symbols[Int(bits >> 2 & 63)])
                output.append(symbols[Int(bits << 4 & 63)])
            } else if count == 2 {
                output.append(symbols[Int(bits >> 10 & 63)])
                output.append(symbols[Int(bits >> 4 & 63)])
                output.append(symbols[Int(bits << 2 & 63)])
            }
        }
        if count > 0 { output.append(contentsOf: repeatElement(UInt8(ascii: "="), count: 3 - count)) }
        return String(decoding: output, as: UTF8.self)
    }

    /// The bytes of a data URI (`data:image/png;base64,…`) or of bare base64; `nil` for anything else.
    static func decodePicture(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard text.starts(with: "data:".utf8) else { return decode(text) }
        guard let comma = text.firstIndex(of: UInt8(ascii: ",")), text[..<comma].ends(with: ";base64") else {
            return nil
        }
        return decode(text[(comma + 1)...])
    }

    private static let symbols = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// 0...63 for a symbol, 64 for padding, 65 for white space, 255 for anything else.
    private static let standardValues: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, symbol) in symbols.enumerated() { values[Int(symbol)] = UInt8(value) }
        values[Int(UInt8(ascii: "="))] = 64
        for space in [0x09, 0x0A, 0x0D, 0x20] { values[space] = 65 }
        return values
    }()

    private static let lenientValues: [UInt8] = {
        var values = standardValues
        values[Int(UInt8(ascii: "-"))] = 62
        values[Int(UInt8(ascii: "_"))] = 63
        return values
    }()
}

extension ArraySlice<UInt8> {
    fileprivate func ends(with suffix: StaticString) -> Bool {
        suffix.withUTF8Buffer { count >= $0.count && self.suffix($0.count).elementsEqual($0) }
    }
}
