// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import Foundation

/// One use of face recognition within an application, with its own API key; CompreFace also calls it a model.
///
/// A recognition service owns a face collection, which is found by the service's ``id``: a new key changes nothing there.
public struct Service: Hashable, Identifiable, Codable, Sendable {
    /// What a service does otherwise than the server.
    public struct Settings: Hashable, Codable, Sendable {
        /// The version of CompreFace whose answers it gives, `0.5` or `1.2`; `nil` is the server's default.
        public var answerVersion: String?

        public init(answerVersion: String? = nil) {
            self.answerVersion = answerVersion
        }
    }

    /// The application of services that a configuration lists without one.
    public static let noApplication = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))

    public let id: UUID
    public let applicationID: Application.ID
    public var name: String
    public let type: ServiceType
    public var apiKey: APIKey
    public let createdDate: Date
    public var settings: Settings

    public init(
        id: UUID = UUID(),
        applicationID: Application.ID = Service.noApplication,
        name: String,
        type: ServiceType,
        apiKey: APIKey = APIKey(),
        createdDate: Date = Date(),
        settings: Settings = Settings()
    ) {
        self.id = id
        self.applicationID = applicationID
        self.name = name
        self.type = type
        self.apiKey = apiKey
        self.createdDate = createdDate
        self.settings = settings
    }
}
