// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation
import Synchronization
import Testing

/// Finds one face as large as the picture.
private struct WholePictureDetector: Detector {
    func detectFaces(in image: Image) throws -> [FaceDetection] {
        let box = BoundingBox(x: 0, y: 0, width: Float(image.width), height: Float(image.height))
        return [FaceDetection(boundingBox: box, confidence: 1)]
    }
}

private struct FirstPixelEmbedder: Embedder {
    let space = "first-pixel"

    func embed(_ faces: [AlignedFace]) throws -> [Embedding] {
        try faces.map { try Embedding(space: space, normalizing: $0.image.pixels.prefix(3).map(Float.init)) }
    }
}

@Suite struct FacePipelineTests {
    private static func pipeline() throws -> FacePipeline {
        FacePipeline(
            detector: WholePictureDetector(),
            aligner: try BoxAligner(width: 4, height: 4, margin: 0),
            embedder: FirstPixelEmbedder()
        )
    }

    private func withPictures(_ count: Int, _ body: ([String]) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = (0..<count).map { folder.appendingPathComponent("\($0).png").path }
        for (index, file) in files.enumerated() {
            let pixels = [UInt8](repeating: 1, count: 8 * (8 + index) * 3)
            try Image(width: 8 + index, height: 8, pixels: pixels).write(toFile: file)
        }
        try await body(files)
    }

    @Test(arguments: [0, 1, 3])
    func manyPicturesAnswerInOrderAndADamagedOneStandsForItself(workers: Int) async throws {
        try await withPictures(5) { files in
            var files = files
            files.insert("/absent.png", at: 2)
            let calls = Mutex<[Int]>([])
            let results = try await Self.pipeline().faces(inFiles: files, workers: workers) { done, count in
                #expect(count == 6)
                calls.withLock { $0.append(done) }
            }
            #expect(calls.withLock { $0 } == [1, 2, 3, 4, 5, 6])
            #expect(results.count == 6)
            for (index, result) in results.enumerated() where index != 2 {
                // Each picture is one column wider than the one before.
                let width = 8 + (index > 2 ? index - 1 : index)
                #expect(try result.get().map(\.detection.boundingBox.width) == [Float(width)])
            }
            let error = #expect(throws: FaceError.self) { try results[2].get() }
            #expect(error?.code == .fileUnreadable)
        }
    }

    @Test func aCancelledTaskStops() async throws {
        try await withPictures(40) { files in
            let done = Mutex(0)
            let task = Task {
                try await Self.pipeline().faces(inFiles: files, workers: 2) { count, _ in
                    done.withLock { $0 = count }
                    // Cancelled from within, so that the moment is the same in every run.
                    if count == 3 { withUnsafeCurrentTask { $0?.cancel() } }
                }
            }
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(done.withLock { $0 } == 3)
        }
    }
}
