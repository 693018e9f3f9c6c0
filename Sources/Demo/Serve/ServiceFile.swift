// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitAccounts
import FaceKitHTTP
import Foundation

/// The services that `facekit keys create` made, in a file of the data folder that only its owner may read.
struct ServiceFile {
    private let path: String

    init(data: String) { path = "\(data)/services.json" }

    /// All services, in the order in which they were made.
    func services() throws -> [Service] {
        guard let bytes = FileManager.default.contents(atPath: path) else { return [] }
        do {
            return try JSONDecoder().decode([Service].self, from: bytes)
        } catch {
            throw FaceError(.invalidConfiguration, "\(path) is no list of services", cause: error)
        }
    }

    /// Adds a service.
    func add(_ service: Service) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        let bytes = try encoder.encode(try services() + [service])
        do {
            try bytes.write(to: URL(fileURLWithPath: path), options: .atomic)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        } catch {
            throw FaceError(.fileUnwritable, "\(path) cannot be written", cause: error)
        }
    }
}
