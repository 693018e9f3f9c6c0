// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// Which templates of a gallery are meant.
public struct TemplateFilter: Hashable, Sendable {
    /// Only templates of these subjects; `nil` for any.
    public var subjects: Set<String>?
    /// Only templates whose metadata has all of these keys with these values.
    public var metadata: [String: JSONValue]

    /// All templates that fulfil every given condition.
    public init(subjects: Set<String>? = nil, metadata: [String: JSONValue] = [:]) {
        self.subjects = subjects
        self.metadata = metadata
    }

    /// Every template.
    public static let all = TemplateFilter()

    /// The templates of one subject.
    public static func subject(_ name: String) -> Self { .init(subjects: [name]) }

    /// Whether metadata has what the filter asks for.
    package func admits(_ candidate: [String: JSONValue]) -> Bool {
        metadata.allSatisfy { candidate[$0.key] == $0.value }
    }
}
