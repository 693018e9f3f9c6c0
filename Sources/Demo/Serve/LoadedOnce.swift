// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Values that are loaded when they are first asked for and kept.
///
/// Whoever asks while one is being loaded waits for that one load. A load that failed is tried again when the value is
/// asked for the next time, so that a model installed meanwhile is found without a restart.
actor LoadedOnce<Key: Hashable & Sendable, Value: Sendable> {
    private var loads: [Key: Task<Value, any Error>] = [:]

    /// Returns a value, loaded by `load` where it is not there.
    ///
    /// - Throws: What `load` throws.
    func value(for key: Key, load: @escaping @Sendable () throws -> Value) async throws -> Value {
        if let begun = loads[key] { return try await finish(begun, key) }
        // Loading takes long and blocks; it must not hold up those who ask for what is there.
        let begun = Task.detached { try load() }
        loads[key] = begun
        return try await finish(begun, key)
    }

    private func finish(_ load: Task<Value, any Error>, _ key: Key) async throws -> Value {
        do {
            return try await load.value
        } catch {
            if loads[key] == load { loads[key] = nil }
            throw error
        }
    }
}
