// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What the face API needs to know of services.
public protocol ServiceDirectory: Sendable {
    /// Returns the service of any type that has `key`.
    func service(withKey key: APIKey) async throws -> Service?

    /// Returns all services.
    func services() async throws -> [Service]

    /// Counts one request for the statistics. Neither waits nor fails; the counts are written a little later.
    func countRequest(to service: Service.ID)
}

extension ServiceDirectory {
    /// Returns the service of `type` that has `key`; a key of another type is as unknown as a wrong one.
    public func service(withKey key: APIKey, type: ServiceType) async throws -> Service? {
        let service = try await service(withKey: key)
        return service?.type == type ? service : nil
    }
}

/// Services that a configuration lists once and for all; their requests are not counted.
public struct FixedServiceDirectory: ServiceDirectory {
    private let list: [Service]

    public init(_ services: [Service]) {
        list = services
    }

    public func services() -> [Service] { list }

    public func service(withKey key: APIKey) -> Service? {
        // Every key is compared, so that the time says nothing about the place of the right one.
        list.reduce(nil) { found, service in service.apiKey.matches(key) ? service : found }
    }

    public func countRequest(to service: Service.ID) {}
}
