// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

/// Takes `multipart/form-data` apart as it arrives (RFC 7578, RFC 2046).
///
/// Bytes are given in pieces of any size; what comes out are the parts' heads and pieces of their contents. At most one
/// piece and the length of a boundary and a byte are kept back, so memory does not grow with the body.
package struct MultipartParser: ~Copyable {
    /// What was found, in the order of the body.
    package enum Event {
        /// A part begins.
        case head(MultipartHead)
        /// More of its content.
        case content(ArraySlice<UInt8>)
        /// The part is complete.
        case partEnd
    }

    /// Why a body cannot be taken apart.
    package enum Fault: Error, CustomStringConvertible {
        case noBoundary
        case headTooLong
        case headMalformed
        case endsEarly
        case notABoundary

        package var description: String {
            switch self {
            case .noBoundary: "the content type names no boundary of 1 to 70 characters"
            case .headTooLong: "a part's head is longer than \(MultipartParser.maximumHeadLength) bytes"
            case .headMalformed: "a part's head is malformed"
            case .endsEarly: "the body ends before its last boundary"
            case .notABoundary: "a boundary is followed by something else than a line's end"
            }
        }
    }

    /// The longest head of a part.
    static let maximumHeadLength = 16 << 10

    private enum State {
        case preamble, afterBoundary, head, content, epilogue
    }

    /// CR LF, two hyphens and the boundary.
    private let delimiter: [UInt8]
    private var state = State.preamble
    private var buffer: [UInt8] = []
    /// What of the buffer is done with.
    private var position = 0
    /// Whether the position is at the end of the empty line behind a head, which the boundary of a part without content
    /// may share.
    private var isAtEmptyLine = false

    package init(boundary: String) throws(Fault) {
        guard 1...70 ~= boundary.utf8.count else { throw .noBoundary }
        delimiter = Array("\r\n--".utf8) + Array(boundary.utf8)
        // The first boundary may stand at the very beginning, without a line's end before it.
        buffer = [0x0D, 0x0A]
    }

    /// Whether the last boundary was seen.
    package var isComplete: Bool { state == .epilogue }

    /// Takes the next piece.
    package mutating func consume(_ bytes: some Sequence<UInt8>, _ handle: (Event) throws -> Void) throws {
        if position > 0 {
            buffer.removeSubrange(..<position)
            position = 0
        }
        buffer.append(contentsOf: bytes)
        while try step(handle) {}
        if state == .epilogue {
            buffer.removeAll()
            position = 0
        }
    }

    /// Says that the body is at its end.
    package func finish() throws(Fault) {
        guard isComplete else { throw .endsEarly }
    }

    /// Goes on by one thing; false when more bytes are needed for that.
    private mutating func step(_ handle: (Event) throws -> Void) throws -> Bool {
        switch state {
        case .preamble:
            guard let index = delimiterIndex() else {
                position = max(position, buffer.count - delimiter.count)
                return false
            }
            position = index + delimiter.count
            state = .afterBoundary
            return true
        case .afterBoundary: return try stepAfterBoundary()
        case .head: return try stepHead(handle)
        case .content: return try stepContent(handle)
        case .epilogue: return false
        }
    }

    private mutating func stepAfterBoundary() throws -> Bool {
        // Transport padding, spaces and tabs, may stand between a boundary and its line's end.
        var index = position
        while index < buffer.count, buffer[index] == 0x20 || buffer[index] == 0x09 { index += 1 }
        guard index - position < 1024 else { throw Fault.notABoundary }
        guard index + 1 < buffer.count else { return false }
        switch (buffer[index], buffer[index + 1]) {
        case (0x0D, 0x0A):
            position = index + 2
            state = .head
        case (UInt8(ascii: "-"), UInt8(ascii: "-")): state = .epilogue
        default: throw Fault.notABoundary
        }
        return true
    }

    private mutating func stepHead(_ handle: (Event) throws -> Void) throws -> Bool {
        // An empty head has no line of its own before the empty line.
        if buffer.count - position >= 2, buffer[position] == 0x0D, buffer[position + 1] == 0x0A {
            try handle(.head(MultipartHead(lines: [])))
            state = .content
            isAtEmptyLine = true
            return true
        }
        var index = position
        while index + 3 < buffer.count {
            if buffer[index] == 0x0D, buffer[index + 1] == 0x0A, buffer[index + 2] == 0x0D, buffer[index + 3] == 0x0A {
                guard let head = MultipartHead(parsing: buffer[position..<index]) else { throw Fault.headMalformed }
                try handle(.head(head))
                position = index + 2
                state = .content
                isAtEmptyLine = true
                return true
            }
            index += 1
        }
        guard buffer.count - position <= Self.maximumHeadLength else { throw Fault.headTooLong }
        return false
    }

    private mutating func stepContent(_ handle: (Event) throws -> Void) throws -> Bool {
        if isAtEmptyLine {
            guard buffer.count - position > delimiter.count else {
                // Not enough to tell an empty part from one with content.
                return false
            }
            isAtEmptyLine = false
            if buffer[position..<position + delimiter.count].elementsEqual(delimiter),
                Self.endsBoundary(buffer[position + delimiter.count])
            {
                try handle(.partEnd)
                position += delimiter.count
                state = .afterBoundary
                return true
            }
            position += 2
        }
        if let index = delimiterIndex() {
            if index > position { try handle(.content(buffer[position..<index])) }
            try handle(.partEnd)
            position = index + delimiter.count
            state = .afterBoundary
            return true
        }
        // The last bytes could be the beginning of a boundary.
        let safe = buffer.count - delimiter.count
        if safe > position {
            try handle(.content(buffer[position..<safe]))
            position = safe
        }
        return false
    }

    /// Whether a boundary is complete where this byte follows it; otherwise it is content that begins like one.
    private static func endsBoundary(_ byte: UInt8) -> Bool {
        byte == 0x0D || byte == 0x20 || byte == 0x09 || byte == UInt8(ascii: "-")
    }

    /// Where the next boundary with its line's end before begins.
    private func delimiterIndex() -> Int? {
        let (start, length) = (position, delimiter.count)
        return buffer.withUnsafeBufferPointer { bytes in
            delimiter.withUnsafeBufferPointer { delimiter in
                guard let base = bytes.baseAddress else { return nil }
                // Behind a boundary's first byte must be room for the others and for the one that ends it.
                let end = bytes.count - length
                var index = start
                while index < end, let first = memchr(base + index, 0x0D, end - index) {
                    index = UnsafeRawPointer(first) - UnsafeRawPointer(base)
                    var offset = 1
                    while offset < length, bytes[index + offset] == delimiter[offset] { offset += 1 }
                    if offset == length, Self.endsBoundary(bytes[index + length]) { return index }
                    index += 1
                }
                return nil
            }
        }
    }
}
