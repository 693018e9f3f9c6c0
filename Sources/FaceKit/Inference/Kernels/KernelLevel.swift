// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit

/// An instruction-set level of the kernels.
package enum KernelLevel: String, Sendable, CaseIterable, Comparable {
    /// What every processor of the architecture has: SSE2 on x86-64, NEON on arm64.
    case portable
    case avx2
    case avx512
    /// AVX-512 and the matrix registers of AMX. Convolutions of long sums that gain by it multiply numbers of 16
    /// significant bits (as sums of two bfloat16 numbers) and add up in float32.
    case amx

    package static func < (left: Self, right: Self) -> Bool { left.code.rawValue < right.code.rawValue }

    var code: cfk_level {
        switch self {
        case .portable: CFK_LEVEL_PORTABLE
        case .avx2: CFK_LEVEL_AVX2
        case .avx512: CFK_LEVEL_AVX512
        case .amx: CFK_LEVEL_AMX
        }
    }

    /// The levels that this processor can run, slowest first.
    package static var available: [KernelLevel] { allCases.filter { $0.kernels != nil } }

    /// The best level that this processor can run.
    package static var best: KernelLevel { available.max() ?? .portable }

    /// The level's kernels, `nil` where this build or this processor has none.
    package var kernels: Kernels? {
        unsafe cfk_kernels(code).map { unsafe Kernels(level: self, table: $0) }
    }

    /// The kernels of the best level.
    package static var bestKernels: Kernels {
        guard let kernels = best.kernels else { preconditionFailure("the portable kernels are always there") }
        return kernels
    }

    /// The processor architecture that this build is for: `"x86-64"` or `"arm64"`.
    package static var architecture: String { unsafe String(cString: cfk_architecture()) }

    /// Whether matrix products go through OpenBLAS.
    package static var usesOpenBLAS: Bool { cfk_has_blas() != 0 }
}

/// The kernels of one level.
///
/// `@unchecked Sendable` holds because the table is constant.
@safe package struct Kernels: @unchecked Sendable {
    package let level: KernelLevel
    private let table: UnsafePointer<cfk_kernel_table>

    fileprivate init(level: KernelLevel, table: UnsafePointer<cfk_kernel_table>) {
        self.level = level
        unsafe self.table = table
    }

    /// The C functions.
    var functions: cfk_kernel_table { unsafe table.pointee }
}
