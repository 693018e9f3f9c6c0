// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference
import FaceKitTestSupport
import Foundation
import Testing

/// Networks of one or a few layers, written and run by OpenVINO itself (`Tests/Tools/openvino_layers.py`).
@Suite(.enabled(if: OpenVINOCase.folder != nil, "FACEKIT_OPENVINO_CASES is not set"))
struct OpenVINOLayerTests {
    @Test("A layer computes what OpenVINO computes", arguments: OpenVINOCase.all, Network.Backend.allCases)
    func layer(testCase: OpenVINOCase, backend: Network.Backend) throws {
        let network = try Network(contentsOf: testCase.path + ".xml", options: .init(backend: backend, threads: 1))
        let arrays = try NumpyArchive(contentsOf: URL(fileURLWithPath: testCase.path + ".npz")).arrays
        let outputs = try network.run([try #require(arrays["input"])])
        #expect(outputs.count == arrays.count - 1)
        for (position, output) in outputs.enumerated() {
            let difference = TensorDifference(output, try #require(arrays["output\(position)"]))
            #expect(difference.largest <= 1e-4, "\(difference)")
        }
    }
}

/// A network and its input and outputs, side by side in one folder.
struct OpenVINOCase: CustomStringConvertible, Sendable {
    let path: String
    var description: String { path.split(separator: "/").last.map(String.init) ?? path }

    static let folder = ProcessInfo.processInfo.environment["FACEKIT_OPENVINO_CASES"]

    static let all: [OpenVINOCase] = {
        guard let folder, let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return [] }
        return names.filter { $0.hasSuffix(".npz") }.sorted()
            .map { OpenVINOCase(path: folder + "/" + $0.dropLast(4)) }
    }()
}
