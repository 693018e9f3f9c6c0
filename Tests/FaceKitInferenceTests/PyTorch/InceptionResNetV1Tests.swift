// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference
import FaceKitTestSupport
import Foundation
import Testing

/// The network with random weights against what ONNX Runtime computed with the same ones
/// (`Tests/Tools/inception_resnet_v1.py golden`).
@Suite struct InceptionResNetV1Tests {
    /// Every 16th number of the embedding.
    private static let golden: [Float] = [
        -0.0382212, 0.0167313, -0.0162809, 0.0321832, 0.0435346, 0.0399507, 0.0322192, 0.0001233,
        -0.0606034, 0.0279781, -0.0083999, 0.0155597, 0.0274227, -0.0724075, 0.0266980, 0.0103260,
        0.0457455, -0.0494986, 0.0014535, 0.0358100, 0.0989678, 0.0255467, -0.0380939, 0.0452914,
        -0.0391586, 0.0272321, 0.0155796, -0.0611090, -0.0009218, 0.0024807, 0.0973909, -0.0381737,
    ]

    @Test("A state dictionary computes what another runtime computes with the same weights")
    func golden() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).pt")
        try Data(TorchArchive.bytes(Self.weights)).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }

        let network = try Network(
            contentsOf: file.path,
            architecture: .pyTorch(.inceptionResNetV1),
            options: .init(threads: 1)
        )
        #expect(network.outputs.map(\.name) == ["embedding"])
        let pixels = Self.uniform("input", count: 3 * 112 * 96).map { $0 * 2 - 1 }
        let embedding = try network.run([Tensor(pixels, shape: [1, 3, 112, 96])])[0]
        #expect(embedding.shape == [1, 512])
        let floats = embedding.floats
        for (position, expected) in Self.golden.enumerated() {
            #expect(abs(floats[16 * position] - expected) <= 1e-5, "number \(16 * position)")
        }
        #expect(abs(floats.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
    }

    @Test("A file of weights alone wants its architecture to be named")
    func unnamed() throws {
        let error = try #require(throws: ModelError.self) { try Network(contentsOf: "weights.pt") }
        #expect(error.code == .unsupported && error.message.contains("inception_resnet_v1"), "\(error)")
    }

    // MARK: Weights

    /// All tensors of the network, with numbers that follow from their names.
    private static let weights: [(name: String, shape: [Int], floats: [Float])] = {
        var names: [(String, [Int])] = []
        func norm(_ name: String, _ channels: Int) {
            for part in ["weight", "bias", "running_mean", "running_var"] {
                names.append(("\(name).\(part)", [channels]))
            }
        }
        func conv(_ name: String, _ inputs: Int, _ outputs: Int, _ height: Int, _ width: Int) {
            names.append((name + ".conv.weight", [outputs, inputs, height, width]))
            norm(name + ".bn", outputs)
        }
        func branch(_ name: String, _ inputs: Int, _ layers: [[Int]]) {
            var inputs = inputs
            for (position, layer) in layers.enumerated() {
                conv(layers.count == 1 ? name : "\(name).\(position)", inputs, layer[0], layer[1], layer[2])
                inputs = layer[0]
            }
        }
        func block(_ name: String, _ channels: Int, _ inner: Int, _ branches: [[[Int]]]) {
            for (position, layers) in branches.enumerated() { branch("\(name).branch\(position)", channels, layers) }
            names += [(name + ".conv2d.weight", [channels, inner, 1, 1]), (name + ".conv2d.bias", [channels])]
        }
        conv("conv2d_1a", 3, 32, 3, 3)
        conv("conv2d_2a", 32, 32, 3, 3)
        conv("conv2d_2b", 32, 64, 3, 3)
        conv("conv2d_3b", 64, 80, 1, 1)
        conv("conv2d_4a", 80, 192, 3, 3)
        conv("conv2d_4b", 192, 256, 3, 3)
        let (one, three) = ([32, 1, 1], [32, 3, 3])
        for number in 0..<5 { block("repeat_1.\(number)", 256, 96, [[one], [one, three], [one, three, three]]) }
        branch("mixed_6a.branch0", 256, [[384, 3, 3]])
        branch("mixed_6a.branch1", 256, [[192, 1, 1], [192, 3, 3], [256, 3, 3]])
        for number in 0..<10 {
            block("repeat_2.\(number)", 896, 256, [[[128, 1, 1]], [[128, 1, 1], [128, 1, 7], [128, 7, 1]]])
        }
        branch("mixed_7a.branch0", 896, [[256, 1, 1], [384, 3, 3]])
        branch("mixed_7a.branch1", 896, [[256, 1, 1], [256, 3, 3]])
        branch("mixed_7a.branch2", 896, [[256, 1, 1], [256, 3, 3], [256, 3, 3]])
        for name in (0..<5).map({ "repeat_3.\($0)" }) + ["block8"] {
            block(name, 1792, 384, [[[192, 1, 1]], [[192, 1, 1], [192, 1, 3], [192, 3, 1]]])
        }
        names.append(("last_linear.weight", [512, 1792]))
        norm("last_bn", 512)
        return names.map { ($0.0, $0.1, numbers($0.0, $0.1)) }
    }()

    private static func numbers(_ name: String, _ shape: [Int]) -> [Float] {
        let uniform = uniform(name, count: shape.reduce(1, *))
        if shape.count > 1 {
            let width = Float(2 * (6 / Double(shape.dropFirst().reduce(1, *))).squareRoot())
            return uniform.map { ($0 - 0.5) * width }
        }
        let isPositive = name.hasSuffix("bn.weight") || name.hasSuffix("running_var")
        return uniform.map { isPositive ? $0 * 0.4 + 0.8 : ($0 - 0.5) * 0.2 }
    }

    /// Numbers in 0..<1 with 24 bits: FNV-1a of the name seeds SplitMix64.
    private static func uniform(_ name: String, count: Int) -> [Float] {
        var state: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in name.utf8 { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return (0..<count).map { _ in
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
            z ^= z >> 31
            return Float(z >> 40) / 0x1p24
        }
    }
}
