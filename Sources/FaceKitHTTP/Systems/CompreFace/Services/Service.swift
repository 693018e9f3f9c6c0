// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import Foundation

/// What a service of CompreFace does; raw values are the words of its messages.
public enum ServiceType: String, Codable, CaseIterable, Sendable {
    /// Knows faces of a collection.
    case recognition = "RECOGNITION"
    /// Finds faces.
    case detection = "DETECTION"
    /// Compares faces of two pictures.
    case verification = "VERIFY"

    /// The word of messages: `Recognition`, `Detection`, `Verification`.
    public var title: String {
        switch self {
        case .recognition: "Recognition"
        case .detection: "Detection"
        case .verification: "Verification"
        }
    }
}

/// A service of CompreFace: a type, a key, and for recognition a collection of faces.
public struct Service: Identifiable, Hashable, Sendable, Codable {
    /// What can be set about one service.
    public struct Settings: Hashable, Sendable, Codable {
        /// `0.5` or `1.2`; `nil` stands for the server's default.
        public var answerVersion: String?

        /// Creates settings.
        public init(answerVersion: String? = nil) { self.answerVersion = answerVersion }
    }

    /// Names its collection; stays when the key changes.
    public let id: UUID
    /// What people call it.
    public var name: String
    /// What it does.
    public let type: ServiceType
    /// What its clients send.
    public var apiKey: APIKey
    /// What can be set.
    public var settings: Settings

    /// Creates a service.
    public init(
        id: UUID = UUID(),
        name: String,
        type: ServiceType,
        apiKey: APIKey = APIKey(),
        settings: Settings = .init()
    ) {
        self.id = id
        self.name = name
        self.type = type
        self.apiKey = apiKey
        self.settings = settings
    }
}

/// Knows the services by their keys.
public protocol ServiceDirectory: Sendable {
    /// The service of a type whose key is `key`; `nil` when there is none.
    func service(withKey key: APIKey, type: ServiceType) async throws -> Service?

    /// The service whose key is `key`, of whatever type; `nil` when there is none.
    func service(withKey key: APIKey) async throws -> Service?

    /// Counts a request to recognise, detect or verify.
    func countRequest(to service: Service.ID)

    /// All services.
    func services() async throws -> [Service]
}

/// Services that do not change while the server runs.
public struct FixedServiceDirectory: ServiceDirectory {
    private let list: [Service]

    /// Creates a directory.
    public init(_ services: [Service]) { list = services }

    /// The service of a type whose key is `key`.
    public func service(withKey key: APIKey, type: ServiceType) -> Service? {
        var found: Service?
        // Every key is compared, so that the time says nothing about which one came near.
        for service in list where service.type == type && service.apiKey.matches(key) { found = service }
        return found
    }

    /// The service whose key is `key`.
    public func service(withKey key: APIKey) -> Service? {
        var found: Service?
        for service in list where service.apiKey.matches(key) { found = service }
        return found
    }

    /// Does nothing.
    public func countRequest(to service: Service.ID) {}

    /// All services.
    public func services() -> [Service] { list }
}
