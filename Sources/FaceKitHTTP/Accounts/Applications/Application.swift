// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import Foundation

/// A client's project: it holds services and the people who may see them.
public struct Application: Hashable, Identifiable, Sendable {
    public let id: UUID
    public var name: String
    public var apiKey: APIKey
    public let createdDate: Date

    public init(id: UUID = UUID(), name: String, apiKey: APIKey = APIKey(), createdDate: Date = Date()) {
        self.id = id
        self.name = name
        self.apiKey = apiKey
        self.createdDate = createdDate
    }
}
