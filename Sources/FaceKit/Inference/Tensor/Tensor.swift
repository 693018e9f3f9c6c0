// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// An n-dimensional array, elements in row-major order (the last axis runs fastest).
///
/// A value: copies share their storage. A scalar has the shape `[]`.
package struct Tensor: Sendable {
    /// Where the elements are.
    package enum Storage: Sendable {
        case floats([Float])
        case integers([Int64])
        /// Floating-point elements still in the model file's mapping, read when they are asked for.
        case mapped(MappedElements)
        /// Floating-point elements that follow from others, computed when they are asked for.
        case derived(DerivedElements)
        /// Floats that a run has written.
        case output(OutputFloats)
        /// Colour planes still in the picture that they are made of.
        case pixels(PixelPlanes)
    }

    package let dataType: DataType
    package let shape: [Int]
    package let storage: Storage

    /// - Precondition: `floats` holds as many elements as `shape` says.
    package init(_ floats: [Float], shape: [Int], dataType: DataType = .float32) {
        precondition(floats.count == shape.elementCount && dataType.isFloatingPoint)
        self.dataType = dataType
        self.shape = shape
        self.storage = .floats(floats)
    }

    /// - Precondition: `integers` holds as many elements as `shape` says.
    package init(_ integers: [Int64], shape: [Int], dataType: DataType = .int64) {
        precondition(integers.count == shape.elementCount && !dataType.isFloatingPoint)
        self.dataType = dataType
        self.shape = shape
        self.storage = .integers(integers)
    }

    /// - Precondition: `mapped` holds as many floating-point elements as `shape` says.
    package init(_ mapped: MappedElements, shape: [Int]) {
        precondition(mapped.count == shape.elementCount && mapped.dataType.isFloatingPoint)
        self.dataType = mapped.dataType
        self.shape = shape
        self.storage = .mapped(mapped)
    }

    /// - Precondition: `derived` makes as many elements as `shape` says.
    package init(_ derived: DerivedElements, shape: [Int]) {
        precondition(derived.count == shape.elementCount)
        self.dataType = .float32
        self.shape = shape
        self.storage = .derived(derived)
    }

    /// - Precondition: `output` holds as many elements as `shape` says.
    init(_ output: OutputFloats, shape: [Int], dataType: DataType) {
        precondition(output.count == shape.elementCount && dataType.isFloatingPoint)
        self.dataType = dataType
        self.shape = shape
        self.storage = .output(output)
    }

    /// Planes of one picture, [1, 3, height, width].
    package init(_ planes: PixelPlanes) {
        self.dataType = .float32
        self.shape = [1, 3, planes.height, planes.width]
        self.storage = .pixels(planes)
    }

    package var count: Int { shape.elementCount }

    /// The elements of a floating-point tensor; made anew at each call unless they are floats already.
    ///
    /// - Precondition: The tensor is of a floating-point type.
    package var floats: [Float] {
        switch storage {
        case .floats(let floats): floats
        case .mapped(let mapped): mapped.floats()
        case .derived(let derived): derived.floats()
        case .output(let output): output.floats(0..<output.count)
        case .pixels(let planes): planes.floats()
        case .integers: preconditionFailure("an integer tensor was read as floats")
        }
    }

    /// Some neighbouring elements of a floating-point tensor; of a run's output, no others are copied.
    ///
    /// - Precondition: The tensor is of a floating-point type, and `range` lies within its elements.
    package func floats(_ range: Range<Int>) -> [Float] {
        switch storage {
        case .floats(let floats): Array(floats[range])
        case .output(let output): output.floats(range)
        case .mapped, .derived, .pixels, .integers: Array(floats[range])
        }
    }

    /// The elements of an integer or boolean tensor.
    ///
    /// - Precondition: The tensor is of an integer type or `bool`.
    package var integers: [Int64] {
        guard case .integers(let integers) = storage else {
            preconditionFailure("a floating-point tensor was read as integers")
        }
        return integers
    }

    /// The same elements under another shape of equal element count.
    package func reshaped(to shape: [Int]) -> Tensor {
        switch storage {
        case .floats(let floats): Tensor(floats, shape: shape, dataType: dataType)
        case .integers(let integers): Tensor(integers, shape: shape, dataType: dataType)
        case .mapped(let mapped): Tensor(mapped, shape: shape)
        case .derived(let derived): Tensor(derived, shape: shape)
        case .output(let output): Tensor(output, shape: shape, dataType: dataType)
        case .pixels(let planes): Tensor(planes.floats(), shape: shape)
        }
    }
}

extension [Int] {
    /// The product of the extents, 1 for a scalar.
    package var elementCount: Int { reduce(1, *) }
}
