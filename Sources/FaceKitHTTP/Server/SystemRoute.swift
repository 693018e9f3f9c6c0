// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import HTTPTypes
public import Hummingbird

/// One endpoint of a system: a method, a path and what answers.
public struct SystemRoute: Sendable {
    /// Answers a request.
    public typealias Handler = @Sendable (SystemRequest) async throws -> Response

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
    let handler: Handler

    /// Creates a route; components in braces are parameters.
    public init(_ method: HTTPRequest.Method, _ pattern: String, handler: @escaping Handler) {
        self.method = method
        self.pattern = pattern
        self.handler = handler
        components = pattern.split(separator: "/").map { component in
            component.hasPrefix("{") && component.hasSuffix("}")
                ? .parameter(String(component.dropFirst().dropLast())) : .text(String(component))
        }
    }

    /// The parameters in `path`, or `nil` when it is another path.
    func match(_ path: [Substring]) -> [String: String]? {
        guard path.count == components.count else { return nil }
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

    /// Finds the endpoint for a request; `HEAD` is answered where `GET` is.
    func resolve(
        _ method: HTTPRequest.Method,
        _ path: [Substring]
    ) throws(RoutingError) -> (SystemRoute, [String: String]) {
        var allowed: [HTTPRequest.Method] = []
        for route in routes {
            guard let parameters = route.match(path) else { continue }
            if route.method == method || method == .head && route.method == .get { return (route, parameters) }
            allowed.append(route.method)
        }
        guard !allowed.isEmpty else { throw .unknownPath }
        if allowed.contains(.get) { allowed.append(.head) }
        throw .wrongMethod(allowed: allowed)
    }

    /// Whether some endpoint has this path, with whatever method unless one is given; one that takes any path counts only
    /// where that is wanted.
    func knows(_ path: [Substring], _ method: HTTPRequest.Method? = nil, orCatches: Bool = false) -> Bool {
        routes.contains {
            (method == nil || $0.method == method) && (orCatches || !$0.isCatchAll) && $0.match(path) != nil
        }
    }
}
