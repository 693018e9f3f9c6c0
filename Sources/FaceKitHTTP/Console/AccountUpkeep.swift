// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import FaceKitAccounts
public import Logging
public import ServiceLifecycle

/// Writes statistics and removes what has expired, as long as the server runs.
///
/// In a group of services it stands before the server, so that it ends after it and no count is lost.
public struct AccountUpkeep: ServiceLifecycle.Service {
    private let administration: Administration
    private let logger: Logger

    public init(administration: Administration, logger: Logger) {
        self.administration = administration
        self.logger = logger
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            var turns = 0
            while !Task.isCancelled {
                if turns.isMultiple(of: 120) { await attempt { try await administration.removeExpired() } }
                turns += 1
                try? await Task.sleep(for: .seconds(5))
                await attempt { try await administration.writeStatistics() }
            }
        }
        await attempt { try await administration.writeStatistics() }
    }

    private func attempt(_ work: () async throws -> Void) async {
        do {
            try await work()
        } catch is CancellationError {
            // The last turn writes what is left.
        } catch {
            logger.error("accounts cannot be kept up: \(error)")
        }
    }
}
