// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension OperatorRegistry {
    static let reductions: [String: Maker] = {
        var makers: [String: Maker] = [
            "ArgMax": { (node) throws(ModelError) in try argument(of: .maximum, &node) },
            "ArgMin": { (node) throws(ModelError) in try argument(of: .minimum, &node) },
            "TopK": { (node) throws(ModelError) in
                TopK(
                    count: try node.takeInteger("k"),
                    axis: try node.takeInteger("axis") ?? -1,
                    largest: try node.takeFlag("largest", default: true),
                    sorted: try node.takeFlag("sorted", default: true)
                )
            },
            "CumSum": { (node) throws(ModelError) in
                CumulativeSum(exclusive: try node.takeFlag("exclusive"), reverse: try node.takeFlag("reverse"))
            },
        ]
        for kind in Reduce.Kind.allCases {
            let maker: Maker = { (node) throws(ModelError) in
                // Axes became an input with opset 13 for sums, with 18 for the others.
                Reduce(
                    kind: kind,
                    axes: try node.takeIntegers("axes"),
                    keepDimensions: try node.takeFlag("keepdims", default: true),
                    ignoresEmptyAxes: try node.takeFlag("noop_with_empty_axes")
                )
            }
            makers[kind.rawValue] = maker
        }
        return makers
    }()

    private static func argument(
        of extremum: ArgumentOfExtremum.Extremum,
        _ node: inout ONNXNode
    ) throws(ModelError) -> any Operator {
        ArgumentOfExtremum(
            extremum,
            axis: try node.takeInteger("axis") ?? 0,
            keepDimensions: try node.takeFlag("keepdims", default: true),
            selectsLast: try node.takeFlag("select_last_index")
        )
    }
}
