// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Several directories as one; the first that knows a key wins.
public struct JoinedServiceDirectory: ServiceDirectory {
    private let directories: [any ServiceDirectory]

    public init(_ directories: [any ServiceDirectory]) {
        self.directories = directories
    }

    public func service(withKey key: APIKey) async throws -> Service? {
        for directory in directories {
            if let service = try await directory.service(withKey: key) { return service }
        }
        return nil
    }

    public func services() async throws -> [Service] {
        var all: [Service] = []
        for directory in directories { all += try await directory.services() }
        return all
    }

    public func countRequest(to service: Service.ID) {
        // Whoever does not know the service forgets it when the counts are written.
        for directory in directories { directory.countRequest(to: service) }
    }
}
