// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitTestSupport
import Foundation
import Testing

/// RetinaFace networks in InsightFace's form: nine outputs, whose numbers are worked out by hand here.
@Suite struct InsightFaceRetinaFaceTests {
    /// A network that sees nothing: every output is a convolution of zeros plus the given numbers, one for each channel.
    ///
    /// The numbers of a stride are class scores, boxes and landmarks, for two anchors each.
    private static func network(_ biases: [Int: [[Float]]]) -> [UInt8] {
        var file = ONNXFile(opset: 13)
        file.addInput("data", shape: [1, 3, nil, nil])
        for stride in [32, 16, 8] {
            for (kind, bias) in zip(["cls", "bbox", "landmark"], biases[stride] ?? []) {
                let name = "\(kind)_stride\(stride)"
                let weights = [Float](repeating: 0, count: bias.count * 3)
                file.addInitializer(
                    ONNXFile.tensor(name + "_w", dims: [Int64(bias.count), 3, 1, 1], floats: weights)
                )
                file.addInitializer(ONNXFile.tensor(name + "_b", dims: [Int64(bias.count)], floats: bias))
                let steps = [Int64(stride), Int64(stride)]
                file.addNode("Conv", ["data", name + "_w", name + "_b"], [name], [("strides", .integers(steps))])
                file.addOutput(name)
            }
        }
        return file.bytes
    }

    private func withDetector(
        _ biases: [Int: [[Float]]],
        anchors: RetinaFaceAnchors? = nil,
        _ body: (RetinaFaceDetector) throws -> Void
    ) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString + ".onnx").path
        let bytes = Self.network(biases)
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let card = ModelCard(
            name: "retinaface_r50_v1",
            task: "face detection",
            file: "retinaface_r50_v1.onnx",
            sha256: String(repeating: "0", count: 64),
            bytes: bytes.count,
            license: "none",
            input: ModelInput(width: nil, height: nil, color: .rgb, mean: [0, 0, 0], scale: [1, 1, 1])
        )
        try body(RetinaFaceDetector(model: ModelFile(path: path, card: card), anchors: anchors))
    }

    private static let nothing: [[Float]] = [
        [1, 1, 0, 0], [Float](repeating: 0, count: 8), [Float](repeating: 0, count: 20),
    ]

    @Test func boxesAndLandmarksAreDecodedAsByInsightFace() throws {
        // At stride 32 the second anchor, of 256 pixels, sees a face; in a picture of 32 pixels there is one cell.
        var landmarks = [Float](repeating: 0, count: 20)
        for (index, value) in [Float(-0.25), -0.125, 0.25, -0.125, 0, 0, -0.125, 0.25, 0.125, 0.25].enumerated() {
            landmarks[10 + index] = value
        }
        let shift = Float(log(0.5))
        let biases = [
            32: [[0.1, 0.1, 0.9, 0.9], [0, 0, 0, 0, 0.125, 0.0625, shift, 0], landmarks],
            16: Self.nothing, 8: Self.nothing,
        ]
        try withDetector(biases) { detector in
            let faces = try detector.detectFaces(
                in: Image(width: 32, height: 32, pixels: [UInt8](repeating: 9, count: 3072))
            )
            // Both anchors answer, the first with a box of 512 pixels around (7.5, 7.5) that the other does not overlap
            // by 0.4.
            #expect(faces.count == 2)
            let face = try #require(faces.first { $0.boundingBox.height < 300 })
            // Centre (7.5 + 32, 7.5 + 16), sides 128 and 256 with both ends, so one less as extents.
            #expect(abs(face.boundingBox.x - (39.5 - 63.5)) < 1e-3 && abs(face.boundingBox.width - 127) < 1e-3)
            #expect(abs(face.boundingBox.y - (23.5 - 127.5)) < 1e-3 && abs(face.boundingBox.height - 255) < 1e-3)
            #expect(abs(face.confidence - 0.9) < 1e-6)
            let points = try #require(face.landmarks).points
            #expect(
                points.map(\.x) == [-56.5, 71.5, 7.5, -24.5, 39.5]
                    && points.map(\.y) == [-24.5, -24.5, 7.5, 71.5, 71.5]
            )
        }
    }

    @Test func cellsAreCountedAlongTheRowsAndAnchorsMayBeGiven() throws {
        let biases = [32: Self.nothing, 16: Self.nothing, 8: [[1, 1, 0, 0.8]] + Self.nothing.dropFirst()]
        let anchors = try RetinaFaceAnchors(levels: [
            .init(stride: 32, sizes: [64, 64]), .init(stride: 16, sizes: [32, 32]), .init(stride: 8, sizes: [9, 5]),
        ])
        try withDetector(biases, anchors: anchors) { detector in
            let faces = try detector.detectFaces(
                in: Image(width: 64, height: 32, pixels: [UInt8](repeating: 9, count: 6144))
            )
            // Eight columns and four rows of squares of five pixels that do not overlap.
            #expect(faces.count == 32)
            #expect(Set(faces.map(\.boundingBox.x)) == Set((0..<8).map { Float($0) * 8 + 5.5 }))
            #expect(Set(faces.map(\.boundingBox.y)) == Set((0..<4).map { Float($0) * 8 + 5.5 }))
            #expect(faces.allSatisfy { $0.boundingBox.width == 4 && $0.boundingBox.height == 4 })
        }
    }

    @Test func outputsOfOtherExtentsAreRefused() throws {
        let biases = [32: Self.nothing, 16: Self.nothing, 8: [[1, 1, 0], [0, 0, 0, 0], [0]]]
        try withDetector(biases) { detector in
            let error = #expect(throws: FaceError.self) {
                try detector.detectFaces(in: Image(width: 32, height: 32, pixels: [UInt8](repeating: 9, count: 3072)))
            }
            #expect(error?.code == .invalidModel && error?.message.contains("[1, 4, 4, 4]") == true)
        }
    }
}
