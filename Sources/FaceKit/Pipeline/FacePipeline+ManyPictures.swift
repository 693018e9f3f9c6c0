// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

extension FacePipeline {
    /// Returns the faces in many picture files, each with its embedding.
    ///
    /// Pictures are handled at the same time, by default one on each core; the stages should then compute with one
    /// thread each (``ComputeOptions/threads``). Memory is that of the pictures in work, of which no more is decoded than
    /// needed. A picture that cannot be read or handled does not keep the others from it.
    ///
    /// - Parameters:
    ///   - files: Paths of the pictures.
    ///   - workers: Pictures in work at the same time; 0, the default, stands for one on each core.
    ///   - limits: What a picture may be at most.
    ///   - progress: Called after each picture with the numbers of pictures done and of all, one call at a time.
    /// - Returns: For each file, in the given order, its faces by falling confidence or the error.
    /// - Throws: `CancellationError` when the task is cancelled; pictures in work are finished before.
    public func faces(
        inFiles files: [String],
        workers: Int = 0,
        limits: ImageLimits = .init(),
        progress: @Sendable (_ done: Int, _ count: Int) -> Void = { _, _ in }
    ) async throws -> [Result<[RecognizedFace], any Error>] {
        let workers = workers > 0 ? workers : ProcessInfo.processInfo.activeProcessorCount
        return try await withThrowingTaskGroup(of: (Int, Result<[RecognizedFace], any Error>).self) { group in
            var results = [Result<[RecognizedFace], any Error>?](repeating: nil, count: files.count)
            var (next, done) = (0, 0)

            func startNext() {
                guard next < files.count else { return }
                let index = next
                next += 1
                group.addTask {
                    try Task.checkCancellation()
                    return (
                        index, Result { try self.faces(in: ImageSource(contentsOfFile: files[index], limits: limits)) }
                    )
                }
            }

            for _ in 0..<min(workers, files.count) { startNext() }
            while let (index, result) = try await group.next() {
                results[index] = result
                done += 1
                progress(done, files.count)
                try Task.checkCancellation()
                startNext()
            }
            return results.compactMap(\.self)
        }
    }
}
