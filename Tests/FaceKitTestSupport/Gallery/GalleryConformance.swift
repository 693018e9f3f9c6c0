// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import FaceKit

/// What every ``Gallery`` promises, as checks that run on any implementation under any test framework.
///
/// A test passes each check a closure that makes an empty gallery of the given configuration:
///
///     @Test(arguments: GalleryConformance.checks)
///     func keepsThePromise(check: GalleryConformance.Check) async throws {
///         try await check.run { MemoryGallery(configuration: $0) }
///     }
public enum GalleryConformance {
    /// Makes an empty gallery.
    public typealias MakeGallery = @Sendable (GalleryConfiguration) async throws -> any Gallery

    /// One promise.
    public struct Check: Sendable, CustomStringConvertible {
        /// The promise as a sentence.
        public let description: String
        private let configuration: GalleryConfiguration
        private let body: @Sendable (any Gallery) async throws -> Void

        init(
            _ description: String,
            configuration: GalleryConfiguration = .init(),
            _ body: @escaping @Sendable (any Gallery) async throws -> Void
        ) {
            self.description = description
            self.configuration = configuration
            self.body = body
        }

        /// Checks the promise on an empty gallery.
        ///
        /// - Throws: ``Failure`` when the promise is broken, or what the gallery threw.
        public func run(_ makeGallery: MakeGallery) async throws {
            try await body(makeGallery(configuration))
        }
    }

    /// A broken promise: what was expected and what came.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// Runs all checks, each on a gallery of its own, and throws the first failure.
    public static func run(_ makeGallery: MakeGallery) async throws {
        for check in checks {
            do {
                try await check.run(makeGallery)
            } catch {
                throw Failure(description: "\(check.description): \(error)")
            }
        }
    }

    /// All promises.
    public static let checks: [Check] =
        enrolment + pictures + subjects + pages + removal + search + filters
        + reembedding + concurrency
}
