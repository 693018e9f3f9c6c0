// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Lets a sum of several maps begin with an earlier sum of some of them.
///
/// Dense blocks add up all that came before anew for each layer: a + b, a + (b + c), a + (b + (c + d)). With
/// (a + b) + c and ((a + b) + c) + d the inner sums go, and each map has one reader left, the sum that the convolution that
/// makes it can do itself.
struct ReuseSums {
    let facts: [Graph.ValueID: TensorFact]

    /// Longer sums are left as they are.
    private static let mostTerms = 16
    /// Sums that are looked back at: those of a dense block are near each other.
    private static let mostEarlier = 64

    func apply(_ graph: Graph) -> Graph {
        var editor = GraphEditor(graph)
        var earlier: [Sum] = []
        for index in editor.liveNodes {
            guard let sum = sum(index, editor, earlier) else { continue }
            earlier.append(sum)
            if earlier.count > Self.mostEarlier { earlier.removeFirst() }
            guard sum.terms.count > 2 else { continue }
            shorten(sum, at: index, earlier.dropLast(), &editor)
        }
        return editor.finish()
    }

    private struct Sum {
        var value: Graph.ValueID
        /// What is added up, sums among it taken apart.
        var terms: [Graph.ValueID]
    }

    /// The node as a sum of two values of one shape.
    private func sum(_ index: Int, _ editor: GraphEditor, _ earlier: [Sum]) -> Sum? {
        let node = editor.node(index)
        guard let binary = node.operator as? BinaryElementwise, binary.function == .add, let left = node.input(0),
            let right = node.input(1), let output = node.output(0), let shape = facts[output]?.shape,
            facts[left]?.shape == shape, facts[right]?.shape == shape
        else { return nil }
        let terms = [left, right].flatMap { id in earlier.last { $0.value == id }?.terms ?? [id] }
        // A long sum counts as one term of the next: taken apart, x + x of x + x and so on would double each time.
        return Sum(value: output, terms: terms.count <= Self.mostTerms ? terms : [left, right])
    }

    /// Makes the sum of the longest earlier one and the one term that is missing, where that spares a sum.
    private func shorten(_ sum: Sum, at index: Int, _ earlier: ArraySlice<Sum>, _ editor: inout GraphEditor) {
        var node = editor.node(index)
        let inputs = node.inputs.compactMap { $0 }
        // A sum that only this one reads is not needed any more.
        guard
            inputs.contains(where: { id in earlier.contains { $0.value == id } && editor.soleConsumer(of: id) == index }
            )
        else { return }
        for candidate in earlier where candidate.terms.count == sum.terms.count - 1 && !inputs.contains(candidate.value)
        {
            guard let rest = difference(sum.terms, candidate.terms), !(editor.consumers[candidate.value] ?? []).isEmpty
            else {
                continue
            }
            node.inputs = [candidate.value, rest]
            editor.replace(index, with: node)
            return
        }
    }

    /// The only term of `terms` that is not among `others`.
    private func difference(_ terms: [Graph.ValueID], _ others: [Graph.ValueID]) -> Graph.ValueID? {
        var left = terms
        for other in others {
            guard let place = left.firstIndex(of: other) else { return nil }
            left.remove(at: place)
        }
        return left.count == 1 ? left[0] : nil
    }
}
