// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit
import FaceKitInference
import FaceKitTestSupport
import Testing

@testable import FaceKitStore

@Suite("Search kernels")
struct SearchKernelTests {
    struct Case: CustomStringConvertible, Sendable {
        var level: KernelLevel
        var dimension: Int
        var description: String { "\(level), \(dimension) dimensions" }

        static let all = SearchKernels.available.flatMap { level in
            [1, 15, 64, 65, 128, 200, 512, 700, 1024, 2048].map { Case(level: level, dimension: $0) }
        }
    }

    @Test("integer products equal plain loops, also at the ends of the range", arguments: Case.all)
    func byteDots(_ subject: Case) {
        var random = SeededGenerator(seed: UInt64(subject.dimension))
        let stride = (subject.dimension + 63) / 64 * 64
        let functions = SearchKernels(level: subject.level).functions
        for (count, probeCount) in [(1, 1), (3, 2), (4, 4), (5, 3), (7, 9), (18, 5)] {
            let rows = (0..<count * stride).map { _ in
                [0, 255, UInt8.random(in: 0...255, using: &random)].randomElement(using: &random) ?? 0
            }
            let probes = (0..<probeCount * stride).map { _ in
                [-127, 127, Int8.random(in: -127...127, using: &random)].randomElement(using: &random) ?? 0
            }
            var products = [Int32](repeating: 0, count: probeCount * (count + 2))
            functions.byte_dots(
                rows,
                Int64(count),
                probes,
                Int64(probeCount),
                Int64(stride),
                &products,
                Int64(count + 2)
            )
            for probe in 0..<probeCount {
                let expected = (0..<count).map { row in
                    (0..<stride).reduce(0) { $0 + Int(rows[row * stride + $1]) * Int(probes[probe * stride + $1]) }
                }
                #expect(products[probe * (count + 2)..<probe * (count + 2) + count].map(Int.init) == expected)
            }
            rows.withUnsafeBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                let order = (0..<count).shuffled(using: &random)
                var gathered = [Int32](repeating: 0, count: count)
                functions.gathered_byte_dots(
                    order.map { base + $0 * stride },
                    Int64(count),
                    probes,
                    Int64(stride),
                    &gathered
                )
                #expect(gathered == order.map { products[$0] })
            }
        }
    }

    @Test("float products are right, and do not depend on the other rows and probes", arguments: Case.all)
    func dots(_ subject: Case) {
        var random = SeededGenerator(seed: UInt64(subject.dimension))
        let stride = (subject.dimension + 15) / 16 * 16
        let functions = SearchKernels(level: subject.level).functions
        let rows = (0..<19 * stride).map { _ in Float.random(in: -1...1, using: &random) }
        let probes = (0..<9 * stride).map { _ in Float.random(in: -1...1, using: &random) }
        var products = [Float](repeating: 0, count: 19 * 9)
        functions.dots(rows, 19, probes, 9, Int64(stride), &products, 19)
        for row in 0..<19 {
            for probe in 0..<9 {
                let (x, q) = (
                    Array(rows[row * stride..<(row + 1) * stride]), Array(probes[probe * stride..<(probe + 1) * stride])
                )
                let exact = zip(x, q).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
                let size = zip(x, q).reduce(0.0) { $0 + abs(Double($1.0) * Double($1.1)) }
                #expect(abs(Double(products[probe * 19 + row]) - exact) <= 1e-6 * size)
                var alone: Float = 0
                functions.dots(x, 1, q, 1, Int64(stride), &alone, 1)
                #expect(alone == products[probe * 19 + row])
            }
        }
    }

    @Test("scores are selected as a plain loop does", arguments: SearchKernels.available)
    func selectScores(level: KernelLevel) {
        var random = SeededGenerator(seed: 3)
        for count in [1, 15, 16, 17, 100] {
            let products = (0..<count).map { _ in Int32.random(in: -9000...9000, using: &random) }
            let scales = (0..<count).map { _ in Float.random(in: 0...1, using: &random) }
            let (offset, factor, threshold): (Int32, Float, Float) = (100, 0.01, 12.5)
            var found = [UInt32](repeating: 0, count: count)
            var scores = [Float](repeating: 0, count: count)
            let size = SearchKernels(level: level).functions
                .select_scores(products, scales, Int64(count), offset, factor, threshold, &found, &scores)
            let expected = (0..<count).filter { Float(products[$0] - offset) * (scales[$0] * factor) >= threshold }
            #expect(found.prefix(Int(size)).map(Int.init) == expected)
            #expect(
                Array(scores.prefix(Int(size))) == expected.map { Float(products[$0] - offset) * (scales[$0] * factor) }
            )
        }
    }

    @Test(
        "codes within a distance are selected as a plain loop does",
        arguments: SearchKernels.available,
        [1, 7, 8, 16, 17, 40]
    )
    func selectCodes(level: KernelLevel, words: Int) {
        var random = SeededGenerator(seed: UInt64(words))
        let rows = 61
        let codes = (0..<rows).map { _ in (0..<words).map { _ in random.next() } }
        var block = [UInt64](repeating: 0, count: (rows + 7) / 8 * 8 * words)
        for (row, code) in codes.enumerated() { cfk_store_code(code, Int64(words), Int64(row), &block) }
        for (row, code) in codes.enumerated() {
            var loaded = [UInt64](repeating: 0, count: words)
            cfk_load_code(block, Int64(words), Int64(row), &loaded)
            #expect(loaded == code)
        }
        let probe = (0..<words).map { _ in random.next() }
        let distances = codes.map { zip($0, probe).reduce(0) { $0 + ($1.0 ^ $1.1).nonzeroBitCount } }
        for (first, count) in [(0, rows), (0, 8), (16, 5), (56, 5), (8, 40)] {
            for threshold in [0, words * 31, words * 32, words * 64] {
                var found = [UInt32](repeating: 0, count: count)
                var sizes = [UInt16](repeating: 0, count: count)
                let size = SearchKernels(level: level).functions
                    .select_codes(
                        block,
                        Int64(words),
                        Int64(first),
                        Int64(count),
                        probe,
                        UInt32(threshold),
                        &found,
                        &sizes
                    )
                let expected = (first..<first + count).filter { distances[$0] <= threshold }
                #expect(found.prefix(Int(size)).map(Int.init) == expected)
                #expect(sizes.prefix(Int(size)).map(Int.init) == expected.map { distances[$0] })
            }
        }
    }

    @Test("codes are scored as a plain loop does", arguments: SearchKernels.available, [1, 7, 8, 16, 40])
    func scoreCodes(level: KernelLevel, words: Int) {
        var random = SeededGenerator(seed: UInt64(words))
        let codes = (0..<21).map { row in (0..<words).map { _ in row == 0 ? UInt64.max : random.next() } }
        var block = [UInt64](repeating: 0, count: 24 * words)
        for (row, code) in codes.enumerated() { cfk_store_code(code, Int64(words), Int64(row), &block) }
        let probes = [
            [Int8](repeating: -127, count: words * 64),
            (0..<words * 64).map { _ in Int8.random(in: -127...127, using: &random) },
        ]
        let rows: [UInt32] = [20, 0, 7, 8, 8]
        for probe in probes {
            var scores = [Int32](repeating: 0, count: rows.count)
            SearchKernels(level: level).functions
                .score_codes(block, Int64(words), rows, Int64(rows.count), probe, &scores)
            let expected = rows.map { row in
                probe.enumerated().reduce(Int32(0)) { sum, component in
                    let isSet = codes[Int(row)][component.offset / 64] >> UInt64(component.offset % 64) & 1 == 1
                    return sum + Int32(component.element) * (isSet ? -1 : 1)
                }
            }
            #expect(scores == expected)
        }
    }

    @Test("the rotation keeps angles, and equals its definition", arguments: SearchKernels.available)
    func rotation(level: KernelLevel) {
        var random = SeededGenerator(seed: 8)
        for size in [64, 512, 1024] {
            let values = (0..<size).map { _ in Float.random(in: -1...1, using: &random) }
            let signs = (0..<2 * size).map { _ in Bool.random(using: &random) ? Float(1) : -1 }
            var rotated = values
            SearchKernels(level: level).functions.rotate(&rotated, Int64(size), signs, 2)
            var expected = values.map(Double.init)
            for round in 0..<2 {
                let signed = expected.enumerated().map { $1 * Double(signs[round * size + $0]) }
                expected = (0..<size).map { row in
                    (0..<size).reduce(0) { $0 + ((row & $1).nonzeroBitCount % 2 == 0 ? signed[$1] : -signed[$1]) }
                }
            }
            let largest = expected.map { abs($0) }.max() ?? 0
            for (value, wanted) in zip(rotated, expected) { #expect(abs(Double(value) - wanted) < 1e-5 * largest) }
        }
    }

    @Test("rounding to bytes says how far it went, and survives what is not finite")
    func quantization() {
        var random = SeededGenerator(seed: 2)
        for dimension in [1, 63, 512] {
            let vector = unitVector(dimension, &random)
            var bytes = [Int8](repeating: 9, count: 512)
            var error: Float = -1
            let scale = cfk_quantize(vector, Int64(dimension), 512, &bytes, &error)
            let exact = zip(vector, bytes).reduce(0.0) { $0 + pow(Double($1.0) - Double($1.1) * Double(scale), 2) }
            #expect(abs(Double(error) - exact.squareRoot()) < 1e-6)
            #expect(error <= scale * Float(dimension).squareRoot() * 0.5001)
            #expect(bytes[dimension...].allSatisfy { $0 == 0 })
        }
        var bytes = [Int8](repeating: 9, count: 64)
        var error: Float = 0
        _ = cfk_quantize([.nan, .infinity, -.infinity, 0.5], 4, 64, &bytes, &error)
        #expect(Array(bytes[..<4]) == [0, 0, 0, 127])
        #expect(cfk_quantize([0, 0], 2, 64, &bytes, &error) == 0)
    }

    @Test("the checksum is XXH64")
    func checksum() {
        #expect(cfk_checksum(nil, 0) == 0xEF46_DB37_51D8_E999)
        let text = Array("Nobody inspects the spammish repetition".utf8)
        #expect(cfk_checksum(text, Int64(text.count)) == 0xFBCE_A83C_8A37_8BF1)
    }

    private func pow(_ base: Double, _ exponent: Int) -> Double {
        (0..<exponent).reduce(1) { product, _ in product * base }
    }
}
