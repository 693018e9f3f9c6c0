// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit
import FaceKitInference

/// How a network is computed.
public struct ComputeOptions: Hashable, Sendable {
    /// Which kernels compute.
    public enum Kernels: String, Hashable, Sendable {
        /// The fastest the processor can run.
        case fast
        /// Plain loops, slow, that the fast ones are tested against.
        case reference
    }

    /// Which kernels compute.
    ///
    /// The default is the fast ones.
    public var kernels = Kernels.fast
    /// Threads that share one run of a network; 0, the default, stands for all cores;
    /// at most ``maximumThreads``.
    ///
    /// Programs that handle several pictures at once are faster with one thread for each picture.
    public var threads = 0
    /// Whether memory is worth more than speed; the default is `false`.
    ///
    /// The fast kernels keep the weights of 3×3 convolutions in a form four times as large. With `true` those of wide
    /// layers take less than half of that, and the layers up to 1.6 times as long.
    public var savesMemory = false

    /// The most threads that can be asked for: more than processors have, fewer than would exhaust a system.
    public static let maximumThreads = 512

    /// Creates options.
    public init(kernels: Kernels = .fast, threads: Int = 0, savesMemory: Bool = false) {
        self.kernels = kernels
        self.threads = threads
        self.savesMemory = savesMemory
    }
}

extension ComputeOptions {
    /// Runs `body`, in which a network is computed by several threads only while `isWanted` says so, and otherwise
    /// by the calling thread alone.
    ///
    /// `isWanted` is asked often, by the calling thread, and should take no longer than a lock.
    ///
    /// For programs that handle several pictures at once, some of the time: one thread for each picture gets more done
    /// than all threads for one of them, but a picture that is alone is better served by all.
    public static func sharingCores<Result>(
        when isWanted: @escaping @Sendable () -> Bool,
        _ body: () throws -> Result
    ) rethrows -> Result {
        try CoreSharing.current.withValue(CoreSharing(isWanted: isWanted), operation: body)
    }

    /// Gives the memory of intermediate values, and what earlier work left to the allocator, back to the system, and with
    /// it what was read of model files and of the program itself.
    ///
    /// For programs that wait after a burst of work; it takes some milliseconds, and the next pictures a little longer.
    public static func returnUnusedMemory() {
        WorkspacePool.shared.drain()
        cfk_return_unused_memory()
        returnUnusedCode()
    }

    /// Takes what was read of model files and of the program itself out of the process's memory; what is used again comes
    /// back from the system's file cache, which takes less than a millisecond.
    package static func returnUnusedCode() {
        MappedFile.releasePages()
        cfk_release_code()
    }

    /// Lets two cores share a pool of the allocator, each of which keeps the buffers of the last picture.
    ///
    /// For a program that begins: it holds for the whole process.
    package static func shareMemoryPools() {
        cfk_limit_memory_pools(max(1, cfk_usable_processors() / 2))
    }

    var networkOptions: Network.Options {
        var options = Network.Options()
        options.threads = threads
        options.savesMemory = savesMemory
        options.backend =
            switch kernels {
            case .fast: .fast
            case .reference: .reference
            }
        return options
    }
}
