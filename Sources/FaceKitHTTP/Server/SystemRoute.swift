// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import HTTPTypes
public import Hummingbird

/// One endpoint of a system: a method, a path and what answers.
public struct SystemRoute: Sendable {
    /// Answers a request.
    public typealias Handler = @Sendable (SystemRequest) async throws -> Response
    /// Whether a request with these header fields is meant.
    public typealias Condition = @Sendable (HTTPFields) -> Bool

    /// A component of a path.
    enum Component: Hashable, Sendable {
        case text(String)
        case parameter(String)
    }

    /// The method.
    public let method: HTTPRequest.Method
    /// The path below the mount point, such as `/faces/{id}`.
    public let pattern: String
    let components: [Component]
    private let condition: Condition?
    let handler: Handler

    /// Creates a route.
    ///
    /// - Parameters:
    ///   - method: The method; a route for `GET` answers `HEAD` too.
    ///   - pattern: The path; components in braces are parameters.
    ///   - condition: Which requests are meant; to others there is no such path here.
    ///   - handler: Answers.
    public init(
        _ method: HTTPRequest.Method,
        _ pattern: String,
        when condition: Condition? = nil,
        handler: @escaping Handler
    ) {
        self.method = method
        self.pattern = pattern
        self.condition = condition
        self.handler = handler
        components = pattern.split(separator: "/").map { component in
            component.hasPrefix("{") && component.hasSuffix("}")
                ? .parameter(String(component.dropFirst().dropLast())) : .text(String(component))
        }
    }

    /// Whether requests with this method are answered.
    func answers(_ method: HTTPRequest.Method) -> Bool {
        self.method == method || self.method == .get && method == .head
    }

    /// The parameters in `path`, or `nil` when it is another path or the request is not meant.
    func match(_ path: [Substring], _ head: HTTPRequest) -> [String: String]? {
        guard path.count == components.count, condition?(head.headerFields) != false else { return nil }
        var parameters: [String: String] = [:]
        for (component, text) in zip(components, path) {
            switch component {
            case .text(let expected):
                guard text == expected || PercentEncoding.decode(text) == expected else { return nil }
            case .parameter(let name): parameters[name] = PercentEncoding.decode(text)
            }
        }
        return parameters
    }

    /// Whether any path of its length is meant.
    var isCatchAll: Bool { !components.isEmpty && !specificity.contains(1) }

    /// How many components are given by text, from the left; the more, the better a match.
    var specificity: [Int] {
        components.map { if case .text = $0 { 1 } else { 0 } }
    }
}

/// Why no endpoint answers a request.
public enum RoutingError: Error, Hashable, Sendable {
    /// There is no such path.
    case unknownPath
    /// There is, with other methods.
    case wrongMethod(allowed: [HTTPRequest.Method])
}

/// The endpoints of a system.
public struct SystemRoutes: Sendable {
    /// By falling specificity.
    private let routes: [SystemRoute]

    /// Creates a table.
    public init(_ routes: [SystemRoute]) {
        self.routes = routes.enumerated()
            .sorted { first, second in
                let (one, other) = (first.element.specificity, second.element.specificity)
                return one == other ? first.offset < second.offset : other.lexicographicallyPrecedes(one)
            }
            .map(\.element)
    }

    /// All endpoints.
    public var all: [SystemRoute] { routes }

    /// Finds the endpoint for a request to `path` below the mount point.
    func resolve(
        _ head: HTTPRequest,
        _ path: [Substring]
    ) throws(RoutingError) -> (SystemRoute, [String: String]) {
        var allowed: [HTTPRequest.Method] = []
        for route in routes {
            guard let parameters = route.match(path, head) else { continue }
            if route.answers(head.method) { return (route, parameters) }
            allowed.append(route.method)
        }
        guard !allowed.isEmpty else { throw .unknownPath }
        if allowed.contains(.get) { allowed.append(.head) }
        throw .wrongMethod(allowed: allowed)
    }

    /// Whether some endpoint has this path; one with another method, or that takes any path, counts only where that is
    /// wanted.
    func knows(
        _ path: [Substring],
        _ head: HTTPRequest,
        orOtherMethods: Bool = false,
        orCatches: Bool = false
    ) -> Bool {
        routes.contains {
            (orOtherMethods || $0.answers(head.method)) && (orCatches || !$0.isCatchAll)
                && $0.match(path, head) != nil
        }
    }
}
