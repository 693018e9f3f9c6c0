// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitAccounts
import Testing

@Suite("Password hashes")
struct PasswordHasherTests {
    static let hasher = PasswordHasher(cost: .init(logRounds: 4, blockSize: 8, parallelism: 1))

    @Test("a hash knows its password and no other, and two of one password differ")
    func hashes() async throws {
        let hash = try await Self.hasher.hash("pässword")
        #expect(hash.hasPrefix("$scrypt$ln=4,r=8,p=1$"))
        #expect(try await Self.hasher.matches("pässword", hash: hash))
        #expect(try await Self.hasher.matches("pa\u{308}ssword", hash: hash), "typed as two characters")
        #expect(!(try await Self.hasher.matches("password", hash: hash)))
        #expect(try await Self.hasher.hash("pässword") != hash)
    }

    @Test("scrypt as RFC 7914 has it")
    func referenceVector() async throws {
        // The third vector of section 12: N 16384, r 8, p 1, its first 32 bytes.
        let hash =
            "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU=$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofI="
        #expect(try await Self.hasher.matches("pleaseletmein", hash: hash))
    }

    @Test(
        "what is no hash matches nothing",
        arguments: [
            "", "$", "$scrypt$", "$scrypt$ln=99,r=8,p=1$AAAA$AAAA", "$bcrypt$ln=4,r=8,p=1$AAAA$AAAA",
            "$scrypt$ln=4,r=8,p=1$AAAA$", "$scrypt$ln=4$AAAA$AAAAAAAAAAAAAAAAAAAAAAAA",
        ]
    )
    func malformed(hash: String) async throws {
        #expect(!(try await Self.hasher.matches("", hash: hash)))
    }

    @Test("without a hash nothing matches")
    func missing() async throws {
        #expect(!(try await Self.hasher.matches("password", hash: nil)))
    }
}
