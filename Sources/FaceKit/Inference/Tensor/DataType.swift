// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Element types of tensors as model files declare them.
///
/// The engine computes in two kinds only: every floating type is held as `Float`, every integer type and `bool`
/// as `Int64`. The declared type is kept, because casts, wrap-around and type inference follow it.
package enum DataType: Sendable, Hashable {
    case float16, bfloat16, float32, float64
    case int8, int16, int32, int64
    case uint8, uint16, uint32, uint64
    case bool

    package var isFloatingPoint: Bool {
        switch self {
        case .float16, .bfloat16, .float32, .float64: true
        default: false
        }
    }

    /// Bytes of one element in a file.
    package var byteCount: Int {
        switch self {
        case .int8, .uint8, .bool: 1
        case .float16, .bfloat16, .int16, .uint16: 2
        case .float32, .int32, .uint32: 4
        case .float64, .int64, .uint64: 8
        }
    }
}
