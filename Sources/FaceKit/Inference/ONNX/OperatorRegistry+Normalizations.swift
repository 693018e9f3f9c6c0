// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension OperatorRegistry {
    static let normalizations: [String: Maker] = [
        "BatchNormalization": { (node) throws(ModelError) in
            node.ignore("momentum", "is_test", "consumed_inputs")
            guard try !node.takeFlag("training_mode") else { throw ModelError(.unsupported, "training mode") }
            guard try node.takeFlag("spatial", default: true) else {
                throw ModelError(.unsupported, "statistics per element")
            }
            // Before opset 14 further outputs existed for training only.
            node.outputs = Array(node.outputs.prefix(1))
            return BatchNormalization(epsilon: try node.takeFloat("epsilon") ?? 1e-5)
        },
        "InstanceNormalization": { (node) throws(ModelError) in
            InstanceNormalization(epsilon: try node.takeFloat("epsilon") ?? 1e-5)
        },
        "GroupNormalization": { (node) throws(ModelError) in
            node.ignore("stash_type")
            guard let groups = try node.takeInteger("num_groups") else {
                throw ModelError(.malformed, "num_groups is missing")
            }
            return GroupNormalization(groups: groups, epsilon: try node.takeFloat("epsilon") ?? 1e-5)
        },
        "LayerNormalization": { (node) throws(ModelError) in
            node.ignore("stash_type")
            return LayerNormalization(
                axis: try node.takeInteger("axis") ?? -1,
                epsilon: try node.takeFloat("epsilon") ?? 1e-5
            )
        },
        "LRN": { (node) throws(ModelError) in
            guard let size = try node.takeInteger("size") else { throw ModelError(.malformed, "size is missing") }
            return LocalResponseNormalization(
                size: size,
                alpha: try node.takeFloat("alpha") ?? 1e-4,
                beta: try node.takeFloat("beta") ?? 0.75,
                bias: try node.takeFloat("bias") ?? 1
            )
        },
        "LpNormalization": { (node) throws(ModelError) in
            LpNormalization(axis: try node.takeInteger("axis") ?? -1, order: try node.takeInteger("p") ?? 2)
        },
    ]
}
