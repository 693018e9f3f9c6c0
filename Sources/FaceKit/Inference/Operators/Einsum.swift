// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Sums of products by Einstein's convention (ONNX `Einsum`, numpy's `einsum`).
///
/// The equation names each input's axes by letters; `...` stands for any others, which broadcast. Letters that the
/// output does not name are summed over.
package struct Einsum: Operator {
    package static let name = "Einsum"

    package var equation: String

    package init(equation: String) {
        self.equation = equation
    }

    /// Every axis by a letter; the axes that an ellipsis stands for are numbered from the end.
    private enum Axis: Hashable {
        case letter(Character)
        case ellipsis(Int)
    }

    private struct Plan {
        var operands: [[Axis]]
        var output: [Axis]
        var extents: [Axis: Int]
    }

    private func plan(_ shapes: [[Int]]) throws(ModelError) -> Plan {
        let mismatch = ModelError(.mismatch, "equation \"\(equation)\" does not fit \(shapes)")
        let halves = equation.filter { $0 != " " }.split(separator: "->", omittingEmptySubsequences: false)
        let terms = halves[0].split(separator: ",", omittingEmptySubsequences: false)
        guard halves.count <= 2, terms.count == shapes.count else { throw mismatch }
        var extents: [Axis: Int] = [:]
        var operands: [[Axis]] = []
        var widest = 0
        for (term, shape) in zip(terms, shapes) {
            let letters = term.filter(\.isLetter).count
            guard term.filter({ !$0.isLetter }).allSatisfy({ $0 == "." }), letters <= shape.count,
                term.contains("...") ? term.count == letters + 3 : term.count == letters && letters == shape.count
            else { throw mismatch }
            let spare = shape.count - letters
            if term.contains("...") { widest = max(widest, spare) }
            let axes = Self.axes(term, ellipsis: spare)
            for (axis, extent) in zip(axes, shape) {
                let known = extents[axis] ?? 1
                guard known == extent || known == 1 || extent == 1 else { throw mismatch }
                extents[axis] = known == 1 ? extent : known
            }
            operands.append(axes)
        }
        let output: [Axis]
        if halves.count == 2 {
            output = Self.axes(halves[1], ellipsis: widest)
        } else {
            let all = halves[0].filter(\.isLetter)
            let once = all.filter { letter in all.count { $0 == letter } == 1 }.sorted()
            output = Self.axes("...", ellipsis: widest) + once.map(Axis.letter)
        }
        guard Set(output).count == output.count, output.allSatisfy({ extents[$0] != nil }) else { throw mismatch }
        return Plan(operands: operands, output: output, extents: extents)
    }

    private static func axes(_ term: some StringProtocol, ellipsis: Int) -> [Axis] {
        guard let dots = term.firstIndex(of: ".") else { return term.map(Axis.letter) }
        let before = term[..<dots].map(Axis.letter)
        let after = term[dots...].drop { $0 == "." }.map(Axis.letter)
        return before + (0..<ellipsis).reversed().map(Axis.ellipsis) + after
    }

    package func infer(_ inputs: [TensorFact?]) throws(ModelError) -> [TensorFact] {
        var shapes: [[Int]] = []
        for position in inputs.indices { shapes.append(try inputs.requiredFloats(position).shape) }
        let plan = try plan(shapes)
        let shape = plan.output.map { plan.extents[$0] ?? 1 }
        try shape.checkedElementCount()
        try Array(plan.extents.values).checkedElementCount()
        return [TensorFact(dataType: try inputs.required(0).dataType, shape: shape)]
    }

    package func evaluate(_ inputs: [Tensor?]) throws(ModelError) -> [Tensor] {
        let fact = try inferred(inputs)[0]
        let tensors = inputs.compactMap { $0 }
        let plan = try plan(tensors.map(\.shape))
        let summed = plan.extents.keys.filter { !plan.output.contains($0) }
        let axes = plan.output + summed
        let space = axes.map { plan.extents[$0] ?? 1 }
        let run = summed.reduce(1) { $0 * (plan.extents[$1] ?? 1) }
        var products = [Double](repeating: 1, count: space.elementCount)
        for (tensor, names) in zip(tensors, plan.operands) {
            let strides = tensor.shape.rowMajorStrides
            // An axis named twice walks along the diagonal; one that the tensor lacks, or has once only, repeats.
            let steps = axes.map { axis in
                names.indices.reduce(0) { $0 + (names[$1] == axis && tensor.shape[$1] > 1 ? strides[$1] : 0) }
            }
            let elements = tensor.floats
            for (index, offset) in space.offsets(strides: steps).enumerated() {
                products[index] *= Double(elements[offset])
            }
        }
        let sums = (0..<fact.shape.elementCount).map { index in
            Float(products[index * run..<(index + 1) * run].reduce(0, +))
        }
        return [Tensor(sums, shape: fact.shape, dataType: fact.dataType)]
    }
}
