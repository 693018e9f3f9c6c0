// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// The OpenAPI description of the native API: the only place where its endpoints are described.
enum NativeDescription {
    /// An endpoint.
    struct Endpoint {
        var method: String
        var path: String
        var summary: String
        var tag: String
        var query: [Parameter] = []
        var body: JSON?
        var success: (status: Int, description: String, content: JSON)
        var errors: [Int]
    }

    /// A parameter in the query string.
    struct Parameter {
        var name: String
        var description: String
        var schema: JSON
    }

    static let document: JSON = [
        "openapi": "3.1.0",
        "info": [
            "title": "FaceKit", "version": "1",
            "summary": "Finds, describes, compares, enrols and recognises faces in pictures.",
            "description": .text(
                "Boxes are left edge, top edge, width and height in pixels of the upright picture. Left and right are the"
                    + " subject's own. Similarities are cosines. Pictures are JPEG, PNG, GIF, TIFF, WebP, BMP or ICO,"
                    + " sent as files of a form or as base64 in JSON."
            ),
            "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
        ],
        "servers": [["url": "/"]],
        "security": [[:], ["key": []]],
        "tags": [
            ["name": "faces", "description": "What is in a picture; nothing is kept."],
            ["name": "gallery", "description": "Subjects, their enrolled faces, and the search among them."],
            ["name": "operation", "description": "Health and figures."],
        ],
        "paths": paths,
        "components": [
            "securitySchemes": [
                "key": [
                    "type": "apiKey", "in": "header", "name": "X-API-Key",
                    "description": "Wanted where keys are configured.",
                ]
            ],
            "schemas": schemas,
        ],
    ]

    private static var paths: JSON {
        var order: [String] = []
        var operations: [String: [(name: String, value: JSON)]] = [:]
        for endpoint in endpoints {
            if operations[endpoint.path] == nil { order.append(endpoint.path) }
            operations[endpoint.path, default: []].append((endpoint.method, operation(endpoint)))
        }
        return .object(
            order.map { path in
                let names = path.split(separator: "/").filter { $0.hasPrefix("{") }.map { $0.dropFirst().dropLast() }
                let parameters: [(name: String, value: JSON)] =
                    names.isEmpty
                    ? []
                    : [("parameters", .array(names.map { pathParameter(String($0)) }))]
                return (path, .object(parameters + (operations[path] ?? [])))
            }
        )
    }

    private static func pathParameter(_ name: String) -> JSON {
        [
            "name": .text(name), "in": "path", "required": true,
            "schema": name == "id" ? ["type": "string", "format": "uuid"] : subjectName,
        ]
    }

    private static func operation(_ endpoint: Endpoint) -> JSON {
        var members: [(name: String, value: JSON)] = [
            ("operationId", .text(operationID(endpoint))), ("summary", .text(endpoint.summary)),
            ("tags", [.text(endpoint.tag)]),
        ]
        if endpoint.tag == "operation" { members.append(("security", [])) }
        if !endpoint.query.isEmpty {
            members.append(
                (
                    "parameters",
                    .array(
                        endpoint.query.map {
                            [
                                "name": .text($0.name), "in": "query", "description": .text($0.description),
                                "schema": $0.schema,
                            ]
                        }
                    )
                )
            )
        }
        if let body = endpoint.body {
            members.append(("requestBody", ["required": true, "content": body]))
        }
        var responses: [(name: String, value: JSON)] = [
            (
                String(endpoint.success.status),
                ["description": .text(endpoint.success.description), "content": endpoint.success.content]
            )
        ]
        for status in endpoint.errors {
            responses.append(
                (
                    String(status),
                    [
                        "description": .text(reasons[status] ?? "Error"),
                        "content": ["application/json": ["schema": reference("Error")]],
                    ]
                )
            )
        }
        members.append(("responses", .object(responses)))
        return .object(members)
    }

    private static func operationID(_ endpoint: Endpoint) -> String {
        let words = endpoint.path.split(whereSeparator: { "/{}.".contains($0) }).filter { $0 != "v1" }
        return endpoint.method + words.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    private static let reasons = [
        400: "The body cannot be read.", 401: "A valid key is wanted.", 404: "There is no such thing.",
        408: "The body did not arrive in time.", 409: "There is one already.",
        413: "The body or a picture is too large.", 415: "The content type or the picture's format is another.",
        422: "Something in the request is missing or wrong, no face is found, or an attribute has no model here.",
        500: "An internal error.", 503: "The server is busy, or a model is not installed.",
    ]

    static func reference(_ name: String) -> JSON { ["$ref": .text("#/components/schemas/\(name)")] }
}
