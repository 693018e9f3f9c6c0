// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Takes out padding operators: those that add nothing, and zeros that the next convolution can add itself.
struct FoldPadding {
    func apply(_ graph: Graph) -> Graph {
        var editor = GraphEditor(graph)
        for index in editor.liveNodes {
            let node = editor.node(index)
            guard let pad = node.operator as? Pad, let x = node.input(0), let output = node.output(0),
                node.input(3) == nil, !editor.isOutput(output),
                let amounts = pad.amounts ?? editor.constant(node.input(1))?.integers.map({ Int($0) })
            else { continue }
            if amounts.allSatisfy({ $0 == 0 }) {
                editor.redirect(output, to: x)
                editor.remove(index)
                continue
            }
            let filling = editor.constant(node.input(2))
            // Integers are padded too, but by no convolution.
            guard node.input(2) == nil || filling?.dataType.isFloatingPoint == true else { continue }
            let value = filling?.floats.first ?? pad.value
            guard pad.mode == .constant, value == 0, amounts.count == 8, amounts.allSatisfy({ $0 >= 0 }),
                [0, 1, 4, 5].allSatisfy({ amounts[$0] == 0 }), let user = editor.soleConsumer(of: output),
                var convolution = editor.node(user).operator as? Convolution, editor.node(user).input(0) == output
            else { continue }
            var (begin, end) = (Array(amounts[2...3]), Array(amounts[6...7]))
            switch convolution.padding {
            case .valid: break
            case .explicit(let first, let last) where first.count == 2 && last.count == 2:
                begin = zip(begin, first).map(+)
                end = zip(end, last).map(+)
            case .explicit(let first, let last) where first.isEmpty && last.isEmpty: break
            default: continue
            }
            convolution.padding = .explicit(begin: begin, end: end)
            var padded = editor.node(user)
            padded.operator = convolution
            padded.inputs[0] = x
            editor.replace(user, with: padded)
            editor.remove(index)
        }
        return editor.finish()
    }
}
