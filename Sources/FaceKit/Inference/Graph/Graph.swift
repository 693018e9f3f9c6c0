// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// A network as a list of operators over named values, the one form that every reader produces.
///
/// Invariants, established by ``GraphBuilder`` and the readers: nodes stand in an order in which every input is a
/// graph input, a constant or the output of an earlier node; each value is produced once.
package struct Graph: Sendable {
    /// Names one value of one graph.
    package struct ValueID: Hashable, Sendable {
        package let index: Int
        package init(index: Int) { self.index = index }
    }

    /// What a model file says about a value; shapes of inner values are found by inference instead.
    package struct Value: Sendable {
        package var name: String
        package var dataType: DataType
        /// `nil` when the rank is unknown; an extent is `nil` when it may vary from run to run.
        package var shape: [Int?]?

        package init(name: String, dataType: DataType = .float32, shape: [Int?]? = nil) {
            self.name = name
            self.dataType = dataType
            self.shape = shape
        }
    }

    /// One application of an operator.
    package struct Node: Sendable {
        /// The name in the file, or one made from the operator and its position.
        package var name: String
        package var `operator`: any Operator
        /// An optional input that is left out is `nil`.
        package var inputs: [ValueID?]
        /// An optional output that nobody wants is `nil`.
        package var outputs: [ValueID?]

        package init(name: String, operator: any Operator, inputs: [ValueID?], outputs: [ValueID?]) {
            self.name = name
            self.operator = `operator`
            self.inputs = inputs
            self.outputs = outputs
        }

        /// The input at `position`; `nil` when it is left out, at the end or in between.
        package func input(_ position: Int) -> ValueID? {
            position < inputs.count ? inputs[position] : nil
        }

        /// The output at `position`; `nil` when it is left out.
        package func output(_ position: Int) -> ValueID? {
            position < outputs.count ? outputs[position] : nil
        }
    }

    package var values: [Value] = []
    package var nodes: [Node] = []
    package var constants: [ValueID: Tensor] = [:]
    package var inputs: [ValueID] = []
    package var outputs: [ValueID] = []

    package init() {}

    package subscript(id: ValueID) -> Value {
        get { values[id.index] }
        set { values[id.index] = newValue }
    }

    package mutating func addValue(_ value: Value) -> ValueID {
        values.append(value)
        return ValueID(index: values.count - 1)
    }

    package mutating func addConstant(_ tensor: Tensor, name: String) -> ValueID {
        let id = addValue(Value(name: name, dataType: tensor.dataType, shape: tensor.shape))
        constants[id] = tensor
        return id
    }
}
