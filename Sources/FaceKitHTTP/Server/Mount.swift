// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// A system and where a listener has it.
public struct Mount: Sendable {
    /// The components of the path before the system's own, none for the root.
    let prefix: [Substring]
    /// What answers below.
    public let system: any FaceSystem
    /// The system's endpoints, made once.
    let routes: SystemRoutes

    /// Mounts a system below a path such as `/mtcnn`; the empty path is the root.
    public init(_ system: any FaceSystem, at path: String = "") {
        prefix = path.split(separator: "/")
        self.system = system
        routes = system.routes
    }
}
