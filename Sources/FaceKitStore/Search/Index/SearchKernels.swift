// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit
import FaceKitInference

/// The search functions of one instruction-set level.
///
/// `@unchecked Sendable` holds because the table is constant.
struct SearchKernels: @unchecked Sendable {
    let level: KernelLevel
    let functions: cfk_search_table

    /// - Parameter level: `nil` for the best one; one that the processor lacks gives the best one below it.
    init(level: KernelLevel? = nil) {
        for candidate in KernelLevel.allCases.sorted().reversed() where candidate <= level ?? candidate {
            let code =
                switch candidate {
                case .portable: CFK_LEVEL_PORTABLE
                case .avx2: CFK_LEVEL_AVX2
                case .avx512: CFK_LEVEL_AVX512
                case .amx: CFK_LEVEL_AMX
                }
            if let table = cfk_search_functions(code) {
                (self.level, functions) = (candidate, table.pointee)
                return
            }
        }
        preconditionFailure("the portable functions are always there")
    }

    /// The levels that this processor has search functions for.
    static var available: [KernelLevel] { KernelLevel.allCases.filter { SearchKernels(level: $0).level == $0 } }
}
