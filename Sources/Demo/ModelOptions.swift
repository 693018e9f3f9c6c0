// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import ArgumentParser
import FaceKit
import Foundation

/// Where models are and how they are computed: what every command that uses a model asks.
struct ModelOptions: ParsableArguments {
    @OptionGroup var location: ModelLocation

    @Option(help: ArgumentHelp("Threads that compute; 0 stands for all cores.", valueName: "n"))
    var threads = 0

    @Flag(help: "Keep smaller weights at the price of speed.")
    var saveMemory = false

    func validate() throws {
        guard (0...ComputeOptions.maximumThreads).contains(threads) else {
            throw ValidationError("--threads is 0 (all cores) to \(ComputeOptions.maximumThreads), not \(threads)")
        }
    }

    /// The models of all folders that are named by option or environment.
    var store: ModelStore { location.store }

    /// For one picture after the other, each computed with all the threads.
    var compute: ComputeOptions { ComputeOptions(threads: threads, savesMemory: saveMemory) }

    /// The number of threads that is meant, 0 resolved.
    var threadCount: Int { threads > 0 ? threads : ProcessInfo.processInfo.activeProcessorCount }
}
