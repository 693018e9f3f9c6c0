// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// The parameters of a query string or of a form, in the order in which they were sent.
public struct QueryItems: Sendable {
    private var items: [(name: String, value: String)] = []

    /// Creates an empty list.
    public init() {}

    /// Reads `a=1&b=2`; empty items are skipped, `+` and `%20` are spaces, an item without `=` has an empty value.
    public init(parsing query: String) {
        for item in query.split(separator: "&") {
            let name = item.prefix { $0 != "=" }
            items.append(
                (
                    PercentEncoding.decode(name, plusIsSpace: true),
                    PercentEncoding.decode(item.dropFirst(name.count + 1), plusIsSpace: true)
                )
            )
        }
    }

    /// Adds an item at the end.
    public mutating func append(_ name: String, _ value: String) { items.append((name, value)) }

    /// The first value of a parameter; `nil` when it was not sent.
    public subscript(name: String) -> String? { items.first { $0.name == name }?.value }

    /// All values of a parameter.
    public func all(_ name: String) -> [String] { items.filter { $0.name == name }.map(\.value) }
}
