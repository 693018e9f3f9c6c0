// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension Int64 {
    /// The nearest integer towards zero; bounds where `value` lies beyond them, 0 for not-a-number.
    init<Source: BinaryFloatingPoint>(clamping value: Source) {
        self = Int64(exactly: value.rounded(.towardZero)) ?? (value.isNaN ? 0 : value < 0 ? .min : .max)
    }
}

extension DataType {
    /// The value that an integer becomes when only this type's bits of it are kept.
    ///
    /// `uint64` keeps its bit pattern, so values from 2^63 read as negative.
    func wrapping(_ value: Int64) -> Int64 {
        switch self {
        case .int8: Int64(Int8(truncatingIfNeeded: value))
        case .int16: Int64(Int16(truncatingIfNeeded: value))
        case .int32: Int64(Int32(truncatingIfNeeded: value))
        case .uint8: Int64(UInt8(truncatingIfNeeded: value))
        case .uint16: Int64(UInt16(truncatingIfNeeded: value))
        case .uint32: Int64(UInt32(truncatingIfNeeded: value))
        case .bool: value == 0 ? 0 : 1
        default: value
        }
    }
    /// The nearest value that this floating-point type has.
    func rounding(_ value: Float) -> Float {
        switch self {
        case .float16: HalfPrecision.float(fromBits: HalfPrecision.bits(nearestTo: value))
        case .bfloat16: Self.bfloat16(nearestTo: value)
        default: value
        }
    }

    private static func bfloat16(nearestTo value: Float) -> Float {
        guard value.isFinite else { return value }
        let bits = value.bitPattern
        // To the nearest, halves to the even one; a carry runs into the exponent as it should.
        return Float(bitPattern: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000)
    }
}
