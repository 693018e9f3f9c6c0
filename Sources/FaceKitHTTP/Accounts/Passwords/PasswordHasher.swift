// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Crypto
import CryptoExtras
import Dispatch
import Foundation

/// Turns passwords into hashes that can be kept, with scrypt (RFC 7914).
///
/// A hash costs about a tenth of a second and 32 MiB on purpose. They are made one at a time on a thread of their own, so
/// that no thread of the server waits and many log-ins at once cannot use up the memory.
public struct PasswordHasher: Sendable {
    /// What a hash costs: memory is `128 · 2^logRounds · blockSize` bytes.
    public struct Cost: Hashable, Sendable {
        public var logRounds: Int
        public var blockSize: Int
        public var parallelism: Int

        /// - Parameters:
        ///   - logRounds: log₂ of scrypt's *N*, 1...20.
        ///   - blockSize: scrypt's *r*, 1...32.
        ///   - parallelism: scrypt's *p*, 1...16.
        public init(logRounds: Int = 15, blockSize: Int = 8, parallelism: Int = 3) {
            self.logRounds = logRounds
            self.blockSize = blockSize
            self.parallelism = parallelism
        }

        var isSane: Bool {
            (1...20).contains(logRounds) && (1...32).contains(blockSize) && (1...16).contains(parallelism)
        }
    }

    private static let queue = DispatchQueue(label: "facekit.passwords", qos: .userInitiated)

    let cost: Cost
    /// Compared with when there is no such user, so that the time does not tell.
    private let decoy: String

    public init(cost: Cost = Cost()) {
        precondition(cost.isSane, "a cost outside its ranges")
        self.cost = cost
        decoy = Self.text(cost: cost, salt: [UInt8](repeating: 0, count: 16), hash: [UInt8](repeating: 0, count: 32))
    }

    /// Returns a salted hash of `password` in the form `$scrypt$ln=15,r=8,p=3$<salt>$<hash>`.
    public func hash(_ password: String) async throws -> String {
        let cost = cost
        return try await Self.onQueue {
            let salt = SymmetricKey(size: .bits128).withUnsafeBytes { Array($0) }
            return Self.text(cost: cost, salt: salt, hash: try Self.derive(password, salt: salt, cost: cost))
        }
    }

    /// Whether `password` is the one that `hash` was made of.
    ///
    /// Without a hash it takes as long, and is `false`.
    public func matches(_ password: String, hash: String?) async throws -> Bool {
        let wanted = hash ?? decoy
        return try await Self.onQueue {
            guard let (cost, salt, expected) = Self.parts(of: wanted) else { return false }
            let found = try Self.derive(password, salt: salt, cost: cost, count: expected.count)
            let difference = zip(found, expected).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) }
            return difference == 0 && found.count == expected.count && hash != nil
        }
    }

    /// Whether `hash` was made with another cost than this hasher's, and should be made anew at the next log-in.
    func isOutdated(_ hash: String) -> Bool {
        Self.parts(of: hash)?.cost != cost
    }

    private static func onQueue<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result(catching: work)) }
        }
    }

    private static func derive(_ password: String, salt: [UInt8], cost: Cost, count: Int = 32) throws -> [UInt8] {
        // Composed, so that the same password typed on another keyboard is the same bytes.
        let bytes = Array(password.precomposedStringWithCompatibilityMapping.utf8)
        let key = try KDF.Scrypt.deriveKey(
            from: bytes,
            salt: salt,
            outputByteCount: count,
            rounds: 1 << cost.logRounds,
            blockSize: cost.blockSize,
            parallelism: cost.parallelism
        )
        return key.withUnsafeBytes { Array($0) }
    }

    private static func text(cost: Cost, salt: [UInt8], hash: [UInt8]) -> String {
        let numbers = "ln=\(cost.logRounds),r=\(cost.blockSize),p=\(cost.parallelism)"
        return "$scrypt$\(numbers)$\(Data(salt).base64EncodedString())$\(Data(hash).base64EncodedString())"
    }

    private static func parts(of text: String) -> (cost: Cost, salt: [UInt8], hash: [UInt8])? {
        let fields = text.split(separator: "$", omittingEmptySubsequences: false)
        guard fields.count == 5, fields[0].isEmpty, fields[1] == "scrypt",
            let salt = Data(base64Encoded: String(fields[3])), let hash = Data(base64Encoded: String(fields[4])),
            (16...64).contains(hash.count)
        else { return nil }
        var numbers: [Substring: Int] = [:]
        for pair in fields[2].split(separator: ",") {
            let sides = pair.split(separator: "=")
            guard sides.count == 2, let value = Int(sides[1]) else { return nil }
            numbers[sides[0]] = value
        }
        guard let rounds = numbers["ln"], let block = numbers["r"], let parallel = numbers["p"] else { return nil }
        let cost = Cost(logRounds: rounds, blockSize: block, parallelism: parallel)
        return cost.isSane ? (cost, Array(salt), Array(hash)) : nil
    }
}
