// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// All that is wrong with a configuration.
public struct ConfigurationFault: Error, CustomStringConvertible, Hashable, Sendable {
    /// One line for each fault.
    public var faults: [String]

    /// The faults, one a line.
    public var description: String {
        faults.count == 1
            ? "the configuration has a fault: \(faults[0])"
            : "the configuration has \(faults.count) faults:\n" + faults.map { "  - \($0)" }.joined(separator: "\n")
    }
}
