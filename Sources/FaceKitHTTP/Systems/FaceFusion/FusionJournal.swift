// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import Foundation

/// What Face_fusion_rest keeps of its users: who they are and what they got.
public protocol FusionJournal: Sendable {
    /// Adds a user; returns whether there was one of that open id before.
    func checkUser(_ openID: String) async throws -> Bool

    /// Adds an entry and returns its number, which rises.
    @discardableResult
    func append(_ entry: FusionEntry.Content) async throws -> Int

    /// The entries of a user, oldest first.
    func entries(of openID: String) async throws -> [FusionEntry]

    /// The entry of a number; `nil` when there is none.
    func entry(_ id: Int) async throws -> FusionEntry?

    /// Replaces what an entry holds; nothing happens when there is none.
    func replace(_ id: Int, with content: FusionEntry.Content) async throws
}

/// A line of a user's history.
public struct FusionEntry: Hashable, Sendable {
    /// What a line holds.
    public struct Content: Hashable, Sendable {
        /// The user.
        public var openID: String
        /// `detect`, `recognize` or `fusion`.
        public var type: String
        /// When, to the second.
        public var time: Date
        /// The picture as it was answered.
        public var outputImage: String

        /// Creates a line.
        public init(openID: String, type: String, time: Date, outputImage: String) {
            self.openID = openID
            self.type = type
            self.time = time
            self.outputImage = outputImage
        }
    }

    /// The number.
    public var id: Int
    /// What it holds.
    public var content: Content

    /// Creates an entry.
    public init(id: Int, content: Content) {
        self.id = id
        self.content = content
    }
}

/// A journal that lives in memory; when its pictures outgrow a limit, the oldest entries go.
public actor MemoryFusionJournal: FusionJournal {
    private var users: Set<String> = []
    private var list: [FusionEntry] = []
    private var nextID = 1
    private var bytes = 0
    private let limit: Int

    /// Creates an empty journal.
    ///
    /// - Parameter limit: Most bytes of all pictures together.
    public init(limit: Int = 64 << 20) { self.limit = limit }

    /// Adds a user; returns whether there was one of that open id before.
    public func checkUser(_ openID: String) -> Bool { !users.insert(openID).inserted }

    /// Adds an entry and returns its number.
    @discardableResult
    public func append(_ content: FusionEntry.Content) -> Int {
        defer { nextID += 1 }
        list.append(FusionEntry(id: nextID, content: content))
        bytes += content.outputImage.utf8.count
        while bytes > limit, list.count > 1 { bytes -= list.removeFirst().content.outputImage.utf8.count }
        return nextID
    }

    /// The entries of a user, oldest first.
    public func entries(of openID: String) -> [FusionEntry] { list.filter { $0.content.openID == openID } }

    /// The entry of a number.
    public func entry(_ id: Int) -> FusionEntry? { list.first { $0.id == id } }

    /// Replaces what an entry holds.
    public func replace(_ id: Int, with content: FusionEntry.Content) {
        guard let index = list.firstIndex(where: { $0.id == id }) else { return }
        bytes += content.outputImage.utf8.count - list[index].content.outputImage.utf8.count
        list[index].content = content
    }
}
