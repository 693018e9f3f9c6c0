// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What is wrong with a file of test data.
package struct TestDataError: Error, CustomStringConvertible {
    package var description: String

    package init(_ description: String) {
        self.description = description
    }
}

/// Decompresses DEFLATE data (RFC 1951), as zip archives hold it.
struct Inflate {
    private let input: [UInt8]
    private var position: Int
    private var bits: UInt64 = 0
    private var bitCount = 0
    private var output: [UInt8] = []

    /// Decompresses from `position` on until `count` bytes have come out.
    static func decompress(_ input: [UInt8], at position: Int, count: Int) throws -> [UInt8] {
        var inflate = Inflate(input: input, position: position)
        inflate.output.reserveCapacity(count)
        try inflate.run()
        guard inflate.output.count == count else {
            throw TestDataError("\(inflate.output.count) bytes came out of a compressed entry of \(count)")
        }
        return inflate.output
    }

    private init(input: [UInt8], position: Int) {
        self.input = input
        self.position = position
    }

    private mutating func take(_ count: Int) throws -> Int {
        while bitCount < count {
            guard position < input.count else { throw TestDataError("compressed data ends early") }
            bits |= UInt64(input[position]) << UInt64(bitCount)
            position += 1
            bitCount += 8
        }
        let value = bits & (1 << UInt64(count) - 1)
        bits >>= UInt64(count)
        bitCount -= count
        return Int(value)
    }

    private mutating func run() throws {
        var isLast = false
        while !isLast {
            isLast = try take(1) == 1
            switch try take(2) {
            case 0: try copyStored()
            case 1: try expand(.fixedLiterals, .fixedDistances)
            case 2:
                let (literals, distances) = try readCodes()
                try expand(literals, distances)
            default: throw TestDataError("compressed block of unknown kind")
            }
        }
    }

    private mutating func copyStored() throws {
        _ = try take(bitCount % 8)
        let count = try take(16)
        _ = try take(16)
        for _ in 0..<count { output.append(UInt8(try take(8))) }
    }

    /// A canonical Huffman code: how many codes of each length there are, and the symbols in order of their codes.
    private struct Code {
        var counts = [Int](repeating: 0, count: 16)
        var symbols: [Int] = []

        init(lengths: [Int]) {
            for length in lengths where length > 0 { counts[length] += 1 }
            for length in 1...15 { symbols += lengths.indices.filter { lengths[$0] == length } }
        }

        static let fixedLiterals = Code(
            lengths: (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 }
        )
        static let fixedDistances = Code(lengths: [Int](repeating: 5, count: 30))
    }

    private mutating func symbol(_ code: Code) throws -> Int {
        var (value, first, index) = (0, 0, 0)
        for length in 1...15 {
            value |= try take(1)
            let count = code.counts[length]
            if value - first < count { return code.symbols[index + value - first] }
            index += count
            first = (first + count) << 1
            value <<= 1
        }
        throw TestDataError("no such code in compressed data")
    }

    private mutating func readCodes() throws -> (Code, Code) {
        let literalCount = try take(5) + 257
        let distanceCount = try take(5) + 1
        let lengthCount = try take(4) + 4
        var lengthLengths = [Int](repeating: 0, count: 19)
        let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
        for index in 0..<lengthCount { lengthLengths[order[index]] = try take(3) }
        let lengthCode = Code(lengths: lengthLengths)
        var lengths: [Int] = []
        while lengths.count < literalCount + distanceCount {
            switch try symbol(lengthCode) {
            case 16:
                guard let previous = lengths.last else { throw TestDataError("nothing to repeat in compressed data") }
                lengths += [Int](repeating: previous, count: 3 + (try take(2)))
            case 17: lengths += [Int](repeating: 0, count: 3 + (try take(3)))
            case 18: lengths += [Int](repeating: 0, count: 11 + (try take(7)))
            case let length: lengths.append(length)
            }
        }
        return (
            Code(lengths: Array(lengths[..<literalCount])),
            Code(lengths: Array(lengths[literalCount..<literalCount + distanceCount]))
        )
    }

    private static let lengthBases = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
        258,
    ]
    private static let lengthBits = [
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
    ]
    private static let distanceBases = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
        6145, 8193, 12289, 16385, 24577,
    ]

    private mutating func expand(_ literals: Code, _ distances: Code) throws {
        while true {
            let literal = try symbol(literals)
            if literal < 256 {
                output.append(UInt8(literal))
            } else if literal == 256 {
                return
            } else {
                guard literal - 257 < Self.lengthBases.count else { throw TestDataError("no such length") }
                let length = Self.lengthBases[literal - 257] + (try take(Self.lengthBits[literal - 257]))
                let step = try symbol(distances)
                guard step < Self.distanceBases.count else { throw TestDataError("no such distance") }
                let distance = Self.distanceBases[step] + (try take(max(0, step / 2 - 1)))
                guard distance <= output.count else { throw TestDataError("distance before the beginning") }
                for _ in 0..<length { output.append(output[output.count - distance]) }
            }
        }
    }
}
