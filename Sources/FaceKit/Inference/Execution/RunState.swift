// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit

/// What the steps of one run see: the memory behind every ``Location``.
///
/// `@unchecked Sendable` holds because the steps of a phase write to disjoint elements, and everything else is written
/// by the caller's thread between phases.
@safe package final class RunState: @unchecked Sendable {
    /// What is known of an input's elements; valid during the run.
    @unsafe enum InputElements {
        /// The first of the floats.
        case floats(UnsafePointer<Float>)
        /// Colour planes, made where they are read.
        case pixels(cfk_pixels)
        /// Integers.
        case none
    }

    private let workspace: Workspace
    private let buffers: BufferPlan
    private let inputs: [Tensor]
    private let inputElements: [InputElements]
    private let outputFloats: [OutputFloats]
    /// Outputs that are not made of floats in memory.
    private var outputTensors: [Int: Tensor] = [:]
    private let outputFacts: [TensorFact]
    /// Tensors that steps outside the kernels exchange: integers, and what the reference operators compute.
    package var tensors: [Int: Tensor] = [:]
    /// The first error of a step; the run ends with it.
    package var failure: ModelError?
    /// By thread, what its scratch area was used for last; each thread touches its own.
    private let chainPlaces: UnsafeMutableBufferPointer<ChainPlace>

    /// The step of a chain and the item after the one that was computed.
    private struct ChainPlace {
        var step: Int
        var item: Int
    }

    init(
        plan: Plan,
        workspace: Workspace,
        threadCount: Int,
        inputs: [Tensor],
        inputElements: [InputElements]
    ) {
        self.workspace = workspace
        unsafe chainPlaces = .allocate(capacity: threadCount)
        unsafe chainPlaces.initialize(repeating: ChainPlace(step: -1, item: 0))
        buffers = plan.buffers
        self.inputs = inputs
        unsafe self.inputElements = inputElements
        outputFacts = plan.outputs
        outputFloats = plan.outputs.map {
            OutputFloats(count: $0.dataType.isFloatingPoint ? $0.shape.elementCount : 0)
        }
    }

    deinit {
        unsafe chainPlaces.deallocate()
    }

    /// The first element of a value that a step reads.
    package func reading(_ location: Location) -> UnsafePointer<Float> {
        switch location.region {
        case .buffer(let id): unsafe UnsafePointer(workspace.arenaStart + buffers.offset(of: id) + location.offset)
        case .input(let index):
            if case .floats(let pointer) = unsafe inputElements[index] {
                unsafe pointer + location.offset
            } else {
                preconditionFailure("a kernel was planned to read an input that is not made of floats")
            }
        case .output(let index): unsafe UnsafePointer(outputFloats[index].memory + location.offset)
        case .constant(let floats): unsafe floats.pointer + location.offset
        }
    }

    /// The first element of a value that a step writes.
    package func writing(_ location: Location) -> UnsafeMutablePointer<Float> {
        switch location.region {
        case .buffer(let id): unsafe workspace.arenaStart + buffers.offset(of: id) + location.offset
        case .output(let index): unsafe outputFloats[index].memory + location.offset
        case .input, .constant: preconditionFailure("a step was planned to write to an input or a constant")
        }
    }

    /// The value's address and strides as kernels want them.
    func map(_ location: Location) -> cfk_map {
        // Kernels take one type for what they read and write.
        let data = unsafe UnsafeMutablePointer(mutating: reading(location))
        return unsafe cfk_map(
            data: data,
            batch_stride: Int64(location.batchStride),
            block_stride: Int64(location.blockStride)
        )
    }

    /// What the value's planes are made of, where it is an input that is not in memory.
    func pixels(_ location: Location) -> cfk_pixels? {
        guard case .input(let index) = location.region, case .pixels(let pixels) = unsafe inputElements[index] else {
            return nil
        }
        return unsafe pixels
    }

    /// The scratch area of a thread.
    package func scratch(thread: Int) -> UnsafeMutablePointer<Float> {
        unsafe workspace.scratch(thread: thread)
    }

    /// Notes that a thread's scratch area is used for these items of a chain, and returns whether it was last used for
    /// those that end where these begin.
    func noteItems(_ items: Range<Int>, ofChain step: Int, thread: Int) -> Bool {
        let place = unsafe chainPlaces[thread]
        unsafe chainPlaces[thread] = ChainPlace(step: step, item: items.upperBound)
        return place.step == step && place.item == items.lowerBound
    }

    package func input(_ index: Int) -> Tensor { inputs[index] }

    /// Sets an output that is not made of floats in memory.
    package func setOutput(_ index: Int, _ tensor: Tensor) {
        outputTensors[index] = tensor
    }

    package func result() -> Result<[Tensor], ModelError> {
        if let failure { return .failure(failure) }
        return .success(
            outputFacts.enumerated().map { index, fact in
                outputTensors[index] ?? Tensor(outputFloats[index], shape: fact.shape, dataType: fact.dataType)
            }
        )
    }
}
