// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The input's extents as a vector (ONNX `Shape`); known as soon as the shape is.
package struct Shape: Operator {
    package static let name = "Shape"

    /// The first axis whose extent is given, and the first that is not any more; counted from the end when negative,
    /// moved into the rank when outside it.
    package var start: Int
    package var end: Int?

    package init(start: Int = 0, end: Int? = nil) {
        self.start = start
        self.end = end
    }

    private func extents(_ shape: [Int]) -> Tensor {
        func clamped(_ axis: Int) -> Int {
            min(max(axis < 0 ? axis + shape.count : axis, 0), shape.count)
        }
        let (first, last) = (clamped(start), clamped(end ?? shape.count))
        let extents = shape[first..<max(first, last)].map { Int64($0) }
        return Tensor(extents, shape: [extents.count])
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        [TensorFact(constant: extents(try inputs.required(0).shape))]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        [extents(try inputs.required(0).shape)]
    }
}

/// The input's element count as a scalar (ONNX `Size`).
package struct Size: Operator {
    package static let name = "Size"

    package init() {}

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        [TensorFact(constant: Tensor([Int64(try inputs.required(0).shape.elementCount)], shape: []))]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        [Tensor([Int64(try inputs.required(0).count)], shape: [])]
    }
}

/// One value in a shape that is an input (ONNX `ConstantOfShape`).
package struct ConstantOfShape: Operator {
    package static let name = "ConstantOfShape"

    /// One element; the output has its type.
    package var value: Tensor

    package init(value: Tensor) {
        self.value = value
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        guard value.count == 1 else { throw ModelError(.malformed, "value has the shape \(value.shape)") }
        let shape = try inputs.constantIntegers(0, "shape") ?? []
        try shape.checkedElementCount()
        return [TensorFact(dataType: value.dataType, shape: shape)]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let shape = try inferred(inputs)[0].shape
        return [value.reshaped(to: []).broadcast(to: shape)]
    }
}

/// Numbers at equal distances (ONNX `Range`).
///
/// Inputs: scalars start, limit (excluded) and step, of one type. Output: a vector.
package struct NumberRange: Operator {
    package static let name = "Range"

    package init() {}

    /// Start, step and count in double precision, which is exact for all that is not tooLarge anyway.
    private func plan(_ inputs: [TensorFact?]) throws(ModelError) -> (start: Double, step: Double, count: Int) {
        let type = try inputs.required(0).dataType
        var numbers: [Double] = []
        for position in 0..<3 {
            let input = try inputs.required(position)
            guard input.dataType == type, input.shape.elementCount == 1 else {
                throw ModelError(
                    .mismatch,
                    "input \(position) is \(input.dataType) \(input.shape), not a \(type) scalar"
                )
            }
            if type.isFloatingPoint {
                numbers.append(Double(try inputs.constantFloats(position, "bound")?.first ?? 0))
            } else {
                numbers.append(Double(try inputs.constantIntegers(position, "bound")?.first ?? 0))
            }
        }
        let count = max(((numbers[1] - numbers[0]) / numbers[2]).rounded(.up), 0)
        guard count <= Double([Int].maximumElementCount) else {
            throw ModelError(.tooLarge, "range from \(numbers[0]) to \(numbers[1]) by \(numbers[2])")
        }
        return (numbers[0], numbers[2], Int(count))
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        [TensorFact(dataType: try inputs.required(0).dataType, shape: [try plan(inputs).count])]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let (start, step, count) = try plan(inputs.map { $0.map(TensorFact.init(constant:)) })
        let type = try inputs.required(0).dataType
        if type.isFloatingPoint {
            let numbers = (0..<count).map { Float(start + Double($0) * step) }
            return [Tensor(numbers, shape: [count], dataType: type)]
        }
        let numbers = (0..<count).map { type.wrapping(Int64(clamping: start + Double($0) * step)) }
        return [Tensor(numbers, shape: [count], dataType: type)]
    }
}

/// The same numbers as another type (ONNX `Cast`).
///
/// Floats lose their fraction on the way to integers and are moved into the range of 64 bits; integers keep the bits
/// that the new type has.
package struct Cast: Operator {
    package static let name = "Cast"

    package var dataType: DataType

    package init(to dataType: DataType) {
        self.dataType = dataType
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        [TensorFact(dataType: dataType, shape: try inputs.required(0).shape)]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let x = try inputs.required(0)
        switch (x.dataType.isFloatingPoint, dataType.isFloatingPoint) {
        case (true, true):
            return [Tensor(x.floats.map(dataType.rounding), shape: x.shape, dataType: dataType)]
        case (true, false):
            let integers = x.floats.map { value in
                dataType == .bool ? (value == 0 ? 0 : 1) : dataType.wrapping(Int64(clamping: value))
            }
            return [Tensor(integers, shape: x.shape, dataType: dataType)]
        case (false, true):
            return [Tensor(x.integers.map { dataType.rounding(Float($0)) }, shape: x.shape, dataType: dataType)]
        case (false, false):
            return [Tensor(x.integers.map(dataType.wrapping), shape: x.shape, dataType: dataType)]
        }
    }
}
