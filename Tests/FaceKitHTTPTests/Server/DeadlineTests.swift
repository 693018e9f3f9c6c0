// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Testing

@testable import FaceKitHTTP

@Suite("Deadlines")
struct DeadlineTests {
    @Test("work that is done in time gives its result or its error")
    func inTime() async throws {
        struct Fault: Error {}
        #expect(try await withDeadline(.seconds(60)) { 7 } == 7)
        await #expect(throws: Fault.self) { try await withDeadline(.seconds(60)) { throw Fault() } }
    }

    @Test("work that takes longer is cancelled")
    func tooLate() async throws {
        let begun = ContinuousClock.now
        await #expect(throws: DeadlineExceeded.self) {
            try await withDeadline(.milliseconds(50)) { try await Task.sleep(for: .seconds(60)) }
        }
        // Also where it takes no notice, and returns something.
        await #expect(throws: DeadlineExceeded.self) {
            try await withDeadline(.milliseconds(50)) { try? await Task.sleep(for: .seconds(60)) }
        }
        #expect(ContinuousClock.now - begun < .seconds(30))
    }

    @Test("who waits may be cancelled, and the work with him")
    func cancelled() async throws {
        let task = Task { try await withDeadline(.seconds(60)) { try await Task.sleep(for: .seconds(60)) } }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
