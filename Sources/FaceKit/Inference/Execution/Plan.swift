// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit

/// A network made ready for inputs of one set of shapes: steps to run in order over one arena.
///
/// Immutable; runs of the same plan may go on side by side, each in a workspace of its own.
package struct Plan: Sendable {
    /// One operator, or several fused ones, as kernel calls.
    package struct Step: Sendable {
        /// The node's name in the model file.
        package var name: String
        /// What is computed how, such as `"Conv 3x3 winograd"`; for profiles.
        package var kind: String
        package var phases: [Phase]
        /// Whether it is worth the while of several threads.
        package var isShared: Bool
    }

    /// Work items that may run side by side; the next phase starts when all are done.
    package struct Phase: Sendable {
        package var itemCount: Int
        /// Computes a range of items; one call with all of them when the run is single-threaded.
        package var work: @Sendable (_ run: RunState, _ items: Range<Int>, _ thread: Int) -> Void

        package init(itemCount: Int = 1, work: @escaping @Sendable (RunState, Range<Int>, Int) -> Void) {
            self.itemCount = itemCount
            self.work = work
        }
    }

    package var steps: [Step]
    package var inputShapes: [[Int]]
    /// Type and shape of each output.
    package var outputs: [TensorFact]
    /// Inputs that are read by one step alone, which can make their rows of a picture's pixels, and which step that is.
    package var pixelInputs: [Int: Int] = [:]
    package var buffers: BufferPlan
    /// Floats of scratch that a thread needs for the hungriest phase.
    package var scratchFloats: Int
}

extension Plan {
    /// Runs all steps.
    ///
    /// - Parameters:
    ///   - inputs: Tensors of exactly the shapes that the plan was made for.
    ///   - pool: Threads to share the work; while they are busy the caller computes alone.
    ///   - observer: Called after each step, for profiles.
    /// - Returns: The outputs in the graph's order.
    /// - Throws: ``ModelError`` when a step that runs through its reference implementation fails.
    package func run(
        _ inputs: [Tensor],
        pool: WorkerPool?,
        observer: ((Step) -> Void)? = nil
    ) throws(ModelError) -> [Tensor] {
        var lease: WorkerPool.Lease?
        let control = cfk_flush_denormals()
        defer { cfk_restore_denormals(control) }
        let threadCount = pool?.threadCount ?? 1
        let arriving = arrivingPixels(of: inputs)
        let workspace = WorkspacePool.shared.take(
            arenaFloats: buffers.floatCount,
            scratchFloats: scratchFloats,
            threadCount: threadCount
        )
        let result = unsafe withElements(of: inputs[...], gathered: []) { elements in
            let run = unsafe RunState(
                plan: self,
                workspace: workspace,
                threadCount: threadCount,
                inputs: inputs,
                inputElements: elements
            )
            for (index, step) in steps.enumerated() where run.failure == nil {
                for phase in step.phases {
                    if step.isShared, let pool {
                        compute(phase, run, pool, &lease, while: arriving[index])
                    } else {
                        arriving[index]?.arrive()
                        phase.work(run, 0..<phase.itemCount, 0)
                    }
                }
                observer?(step)
            }
            return run.result()
        }
        lease?.end()
        WorkspacePool.shared.giveBack(workspace)
        return try result.get()
    }

    /// Computes a phase with the pool's threads; while others have them, item by item, for they may be free any time.
    ///
    /// The pixels that it reads are made by this thread, while the others begin with the rows that are there.
    private func compute(
        _ phase: Phase,
        _ run: RunState,
        _ pool: WorkerPool,
        _ lease: inout WorkerPool.Lease?,
        while pixels: ArrivingPixels?
    ) {
        for item in 0..<phase.itemCount {
            if lease == nil { lease = pool.lease() }
            switch lease {
            case .some(let held):
                let work: WorkerPool.Work = { phase.work(run, item + $0..<item + $0 + 1, $1) }
                if item == 0, let pixels {
                    held.run(count: phase.itemCount, after: pixels.arrive, work)
                } else {
                    held.run(count: phase.itemCount - item, work)
                }
                return
            case .none:
                if item == 0 { pixels?.arrive() }
                phase.work(run, item..<item + 1, 0)
            }
        }
    }

    /// By the step that reads them, the inputs' pixels that are still on their way.
    private func arrivingPixels(of inputs: [Tensor]) -> [Int: ArrivingPixels] {
        var arriving: [Int: ArrivingPixels] = [:]
        for (input, step) in pixelInputs {
            if case .pixels(let planes) = inputs[input].storage { arriving[step] = planes.arrivingPixels }
        }
        return arriving
    }

    /// Gives `body` the address of each tensor's floats, without copying what is in an array, or the pixels they are made of.
    private func withElements<Value>(
        of tensors: ArraySlice<Tensor>,
        gathered: [RunState.InputElements],
        _ body: ([RunState.InputElements]) -> Value
    ) -> Value {
        guard let tensor = tensors.first else { return unsafe body(gathered) }
        guard tensor.dataType.isFloatingPoint else {
            return unsafe withElements(of: tensors.dropFirst(), gathered: gathered + [.none], body)
        }
        if case .pixels(let planes) = tensor.storage, pixelInputs[tensors.startIndex] != nil {
            return unsafe planes.withPixels { pixels in
                unsafe withElements(of: tensors.dropFirst(), gathered: gathered + [.pixels(pixels)], body)
            }
        }
        return unsafe tensor.floats.withUnsafeBufferPointer { floats in
            let elements = unsafe floats.baseAddress.map { unsafe RunState.InputElements.floats($0) } ?? .none
            return unsafe withElements(of: tensors.dropFirst(), gathered: gathered + [elements], body)
        }
    }
}
