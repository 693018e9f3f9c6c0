// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import FaceKit

/// A gallery that lives in memory and is gone with the process.
///
/// Any number of searches run at the same time; a change waits for the searches before it. Nothing removed is kept, so
/// nothing ever awaits erasure.
public final class MemoryGallery: StateGallery {
    private let state: Guarded<GalleryState>
    public let configuration: GalleryConfiguration

    /// Creates an empty gallery.
    public init(configuration: GalleryConfiguration = .init()) {
        self.configuration = configuration
        state = Guarded(GalleryState(configuration: configuration) { SearchIndex($0) })
    }

    public func enroll(_ enrollments: [Enrollment]) async throws {
        let newcomers = enrollments.map { enrollment in
            GalleryChange.Newcomer(
                template: enrollment.template,
                picture: enrollment.picture.map(StoredPicture.bytes)
            )
        }
        try await change(.enroll(newcomers, at: .now))
    }

    public func picture(of id: Template.ID) async throws -> [UInt8]? {
        try await read { state in
            if case .bytes(let bytes)? = state.picture(of: id) { bytes } else { nil }
        }
    }

    /// Gives back the memory of what was removed.
    public func compact() async throws {
        try await read { try $0.index?.compact() }
    }

    func change<Seen: Sendable, Result: Sendable>(
        _ change: GalleryChange,
        before: @escaping @Sendable (GalleryState) throws -> Seen,
        after: @escaping @Sendable (GalleryState, Seen) -> Result
    ) async throws -> Result {
        try await state.write { state in
            try Self.checkPresence(state)
            try state.check(change)
            let seen = try before(state)
            state.apply(change, try state.supplement(for: change))
            state.awaitingErasure = 0
            return after(state, seen)
        }
    }

    func read<Result: Sendable>(
        _ body: @escaping @Sendable (GalleryState) throws -> Result
    ) async throws -> Result {
        try await state.read { state in
            try Self.checkPresence(state)
            return try body(state)
        }
    }

    private static func checkPresence(_ state: GalleryState) throws {
        if state.isRetired { throw FaceError(.galleryNotFound, "the gallery was deleted") }
    }

    /// Forgets everything for good: the gallery was deleted from its store.
    func retire() async throws {
        try await state.write { state in
            state.apply(.removeAll)
            state.isRetired = true
        }
    }
}
