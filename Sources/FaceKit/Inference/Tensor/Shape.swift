// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Shapes are arrays of extents, outermost axis first; `[]` is a scalar.
extension [Int] {
    /// No tensor may hold more elements than this (4 GiB of floats); larger ones are refused before they are made.
    package static let maximumElementCount = 1 << 30

    /// The product of the extents, for shapes that come from files or from inference.
    ///
    /// - Throws: ``ModelError/Code/mismatch`` for a negative extent, ``ModelError/Code/tooLarge`` when the product
    ///   (zero extents counted as one, so that no other extent is absurd) exceeds ``maximumElementCount``.
    @discardableResult
    package func checkedElementCount() throws(ModelError) -> Int {
        var product = 1
        for extent in self {
            guard extent >= 0 else { throw ModelError(.mismatch, "shape \(self) has a negative extent") }
            let (next, overflow) = product.multipliedReportingOverflow(by: Swift.max(extent, 1))
            guard !overflow, next <= Self.maximumElementCount else {
                throw ModelError(.tooLarge, "shape \(self) has more than \(Self.maximumElementCount) elements")
            }
            product = next
        }
        return elementCount
    }

    /// How far apart, in elements, neighbours along each axis lie in row-major order.
    package var rowMajorStrides: [Int] {
        var strides = [Int](repeating: 1, count: count)
        for axis in indices.dropLast().reversed() {
            strides[axis] = strides[axis + 1] * self[axis + 1]
        }
        return strides
    }

    /// The offsets of all elements of a view with this shape, in the view's row-major order.
    ///
    /// `strides` holds the elements between neighbours along each axis (0 repeats, negative runs backwards), `offset`
    /// is where the view's first element is.
    package func offsets(strides: [Int], from offset: Int = 0) -> [Int] {
        precondition(strides.count == count)
        guard !contains(0) else { return [] }
        var offsets = [offset]
        for (extent, stride) in zip(self, strides) where extent != 1 {
            var next: [Int] = []
            next.reserveCapacity(offsets.count * extent)
            for base in offsets {
                for index in 0..<extent { next.append(base + index * stride) }
            }
            offsets = next
        }
        return offsets
    }

    /// The strides under which a tensor of this shape fills `target` by numpy's broadcasting.
    ///
    /// - Precondition: The shape broadcasts to `target`.
    package func broadcastStrides(to target: [Int]) -> [Int] {
        let strides = rowMajorStrides
        let lead = target.count - count
        return target.indices.map { axis in
            axis < lead || self[axis - lead] == 1 ? 0 : strides[axis - lead]
        }
    }

    /// The common shape of two tensors by numpy's broadcasting: axes are aligned at the end, 1 fits anything.
    package func broadcast(with other: [Int]) throws(ModelError) -> [Int] {
        let rank = Swift.max(count, other.count)
        var result = [Int](repeating: 1, count: rank)
        for axis in 0..<rank {
            let mine = axis < rank - count ? 1 : self[axis - (rank - count)]
            let theirs = axis < rank - other.count ? 1 : other[axis - (rank - other.count)]
            guard mine == theirs || mine == 1 || theirs == 1 else {
                throw ModelError(.mismatch, "shapes \(self) and \(other) do not broadcast")
            }
            result[axis] = mine == 1 ? theirs : mine
        }
        try result.checkedElementCount()
        return result
    }

    /// Counts an axis given from the end (negative) from the front; with `allowingEnd` it may be one past the last.
    package func resolvedAxis(_ axis: Int, allowingEnd: Bool = false) throws(ModelError) -> Int {
        let bound = count + (allowingEnd ? 1 : 0)
        guard axis >= -bound, axis < bound else {
            throw ModelError(.mismatch, "axis \(axis) does not exist in shape \(self)")
        }
        return axis < 0 ? axis + bound : axis
    }

    /// Counts all axes from the front and refuses one that is named twice.
    package func resolvedAxes(_ axes: [Int]) throws(ModelError) -> [Int] {
        var seen: [Int] = []
        for axis in axes {
            let resolved = try resolvedAxis(axis)
            guard !seen.contains(resolved) else {
                throw ModelError(.mismatch, "axis \(axis) is named twice in \(axes)")
            }
            seen.append(resolved)
        }
        return seen
    }
}

extension Tensor {
    /// The elements at `offsets`, under a shape with as many elements as there are offsets.
    ///
    /// An offset of -1 stands for the only element of `filling`, a tensor of the same kind, or for zero without one.
    package func picking(_ offsets: [Int], shape: [Int], filling: Tensor? = nil) -> Tensor {
        if dataType.isFloatingPoint {
            let source = floats
            let fill = filling?.floats.first ?? 0
            return Tensor(offsets.map { $0 < 0 ? fill : source[$0] }, shape: shape, dataType: dataType)
        }
        let source = integers
        let fill = filling?.integers.first ?? 0
        return Tensor(offsets.map { $0 < 0 ? fill : source[$0] }, shape: shape, dataType: dataType)
    }

    /// The tensor repeated along axes of extent 1 until it has the shape `target`.
    ///
    /// - Precondition: The shape broadcasts to `target`.
    package func broadcast(to target: [Int]) -> Tensor {
        shape == target ? self : picking(target.offsets(strides: shape.broadcastStrides(to: target)), shape: target)
    }
}
