// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension NativeDescription {
    private static let computing = [400, 401, 408, 413, 415, 422, 500, 503]
    private static let keeping = [401, 404, 422, 500]

    private static func json(_ schema: String) -> JSON { ["application/json": ["schema": reference(schema)]] }

    private static let base64: JSON = [
        "type": "string", "contentEncoding": "base64", "minLength": 1,
        "pattern": "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$",
        "description": "A picture's file in base64.",
    ]

    /// Neither blank nor with a NUL.
    static let subjectName: JSON = [
        "type": "string", "minLength": 1, "maxLength": 250, "pattern": "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$",
    ]

    /// A form and JSON with the same members: pictures and fields.
    private static func body(
        _ pictures: [(name: String, isList: Bool)],
        required: [String],
        fields: [(name: String, value: JSON)] = []
    ) -> JSON {
        let file: JSON = ["type": "string", "contentMediaType": "application/octet-stream", "minLength": 1]
        func properties(_ picture: JSON) -> JSON {
            .object(
                pictures.map {
                    (
                        $0.name,
                        $0.isList ? ["type": "array", "items": picture, "minItems": 1, "maxItems": 100] : picture
                    )
                }
                    + fields
            )
        }
        func schema(_ picture: JSON) -> JSON {
            ["type": "object", "properties": properties(picture), "required": .array(required.map(JSON.text))]
        }
        return ["multipart/form-data": ["schema": schema(file)], "application/json": ["schema": schema(base64)]]
    }

    private static func confidence() -> (name: String, value: JSON) {
        (
            "min_confidence",
            ["type": "number", "minimum": 0, "maximum": 1, "description": "Faces below this confidence are dropped."]
        )
    }

    private static let faceLimit: (name: String, value: JSON) = (
        "limit",
        ["type": "integer", "minimum": 0, "maximum": 100_000, "description": "Most faces; 0, the default, is all."]
    )

    private static let pageQuery = [
        Parameter(
            name: "offset",
            description: "Entries before the page.",
            schema: ["type": "integer", "minimum": 0, "maximum": 1_000_000_000, "default": 0]
        ),
        Parameter(
            name: "limit",
            description: "Most entries of the page.",
            schema: ["type": "integer", "minimum": 1, "maximum": 1000, "default": 100]
        ),
    ]

    private static let nameBody: JSON = [
        "application/json": [
            "schema": [
                "type": "object",
                "properties": ["name": subjectName],
                "required": ["name"],
            ]
        ]
    ]

    private static let picture: JSON = [
        "image/*": ["schema": ["type": "string", "contentMediaType": "image/*"]]
    ]

    /// All endpoints.
    static let endpoints: [Endpoint] = [
        Endpoint(
            method: "post",
            path: "/v1/detect",
            summary: "Find the faces in pictures.",
            tag: "faces",
            body: body([("picture", true)], required: ["picture"], fields: [confidence(), faceLimit]),
            success: (200, "The faces of each picture, by falling confidence.", json("Detection")),
            errors: computing
        ),
        Endpoint(
            method: "post",
            path: "/v1/analyze",
            summary: "Tell age, gender, pose and more of the faces in pictures.",
            tag: "faces",
            body: body(
                [("picture", true)],
                required: ["picture"],
                fields: [
                    (
                        "attributes",
                        [
                            "type": "array",
                            "items": [
                                "type": "string",
                                "enum": .array(FaceAttribute.allCases.map { .text($0.rawValue) }),
                            ], "description": "What is wanted: by default age, gender and pose.",
                        ]
                    ),
                    confidence(), faceLimit,
                ]
            ),
            success: (200, "The faces of each picture with their attributes.", json("Detection")),
            errors: computing
        ),
        Endpoint(
            method: "post",
            path: "/v1/embed",
            summary: "Turn the faces in pictures into vectors.",
            tag: "faces",
            body: body([("picture", true)], required: ["picture"], fields: [confidence(), faceLimit]),
            success: (200, "The faces of each picture with their embeddings.", json("Embeddings")),
            errors: computing
        ),
        Endpoint(
            method: "post",
            path: "/v1/compare",
            summary: "Tell whether two pictures show the same person.",
            tag: "faces",
            body: body(
                [("first", false), ("second", false)],
                required: ["first", "second"],
                fields: [("threshold", ["type": "number", "minimum": -1, "maximum": 1])]
            ),
            success: (200, "How alike the main faces of the pictures are.", json("Comparison")),
            errors: computing
        ),
        Endpoint(
            method: "post",
            path: "/v1/fuse",
            summary: "Blend the face of one picture into another.",
            tag: "faces",
            body: body(
                [("source", false), ("target", false)],
                required: ["source", "target"],
                fields: [
                    ("weight", ["type": "number", "minimum": 0, "maximum": 1]),
                    ("fuser", ["type": "string", "enum": ["seamless", "morph", "alpha"]]),
                ]
            ),
            success: (200, "The target picture, with a note that it is synthetic.", picture),
            errors: computing
        ),
        Endpoint(
            method: "get",
            path: "/v1/gallery",
            summary: "Count what is enrolled.",
            tag: "gallery",
            success: (200, "The numbers.", json("Gallery")),
            errors: [401, 500]
        ),
        Endpoint(
            method: "get",
            path: "/v1/subjects",
            summary: "List the subjects, in the order of their creation.",
            tag: "gallery",
            query: pageQuery,
            success: (200, "A page of subjects.", json("SubjectPage")),
            errors: [401, 422, 500]
        ),
        Endpoint(
            method: "post",
            path: "/v1/subjects",
            summary: "Add a subject.",
            tag: "gallery",
            body: nameBody,
            success: (201, "The subject.", json("Subject")),
            errors: [400, 401, 408, 409, 413, 415, 422, 500]
        ),
        Endpoint(
            method: "get",
            path: "/v1/subjects/{subject}",
            summary: "Show a subject.",
            tag: "gallery",
            success: (200, "The subject.", json("Subject")),
            errors: keeping
        ),
        Endpoint(
            method: "put",
            path: "/v1/subjects/{subject}",
            summary: "Rename a subject; one that has the new name takes its faces over.",
            tag: "gallery",
            body: nameBody,
            success: (200, "The subject under its new name.", json("Subject")),
            errors: [400, 401, 404, 408, 413, 415, 422, 500]
        ),
        Endpoint(
            method: "delete",
            path: "/v1/subjects/{subject}",
            summary: "Delete a subject with its faces.",
            tag: "gallery",
            success: (200, "What was deleted.", json("Subject")),
            errors: keeping
        ),
        Endpoint(
            method: "get",
            path: "/v1/faces",
            summary: "List the enrolled faces, in the order of their enrolment.",
            tag: "gallery",
            query: [Parameter(name: "subject", description: "Only those of this subject.", schema: ["type": "string"])]
                + pageQuery,
            success: (200, "A page of faces.", json("FacePage")),
            errors: [401, 422, 500]
        ),
        Endpoint(
            method: "post",
            path: "/v1/faces",
            summary: "Enrol the one face of a picture.",
            tag: "gallery",
            body: body(
                [("picture", false)],
                required: ["picture", "subject"],
                fields: [("subject", subjectName), confidence()]
            ),
            success: (201, "The enrolled face.", json("EnrolledFace")),
            errors: computing
        ),
        Endpoint(
            method: "get",
            path: "/v1/faces/{id}",
            summary: "Show an enrolled face.",
            tag: "gallery",
            success: (200, "The face.", json("EnrolledFace")),
            errors: keeping
        ),
        Endpoint(
            method: "delete",
            path: "/v1/faces/{id}",
            summary: "Delete an enrolled face.",
            tag: "gallery",
            success: (200, "What was deleted.", json("EnrolledFace")),
            errors: keeping
        ),
        Endpoint(
            method: "get",
            path: "/v1/faces/{id}/picture",
            summary: "Get the picture that a face was enrolled from.",
            tag: "gallery",
            success: (200, "The picture's file as it was sent.", picture),
            errors: keeping
        ),
        Endpoint(
            method: "post",
            path: "/v1/search",
            summary: "Find the subjects that the faces of a picture resemble.",
            tag: "gallery",
            body: body(
                [("picture", false)],
                required: ["picture"],
                fields: [
                    (
                        "limit",
                        [
                            "type": "integer", "minimum": 1, "maximum": 1000, "default": 1,
                            "description": "Most candidates of a face.",
                        ]
                    ),
                    ("threshold", ["type": "number", "minimum": -1, "maximum": 1]), confidence(),
                ]
            ),
            success: (200, "The faces with their candidates, the most similar first.", json("SearchResult")),
            errors: computing
        ),
        Endpoint(
            method: "get",
            path: "/health/live",
            summary: "Tell that the process answers.",
            tag: "operation",
            success: (200, "It does.", json("Health")),
            errors: []
        ),
        Endpoint(
            method: "get",
            path: "/health/ready",
            summary: "Tell whether models are loaded.",
            tag: "operation",
            success: (200, "They are.", json("Health")),
            errors: [503]
        ),
        Endpoint(
            method: "get",
            path: "/metrics",
            summary: "Show figures in Prometheus' text format.",
            tag: "operation",
            success: (200, "The figures.", ["text/plain": ["schema": ["type": "string"]]]),
            errors: []
        ),
        Endpoint(
            method: "get",
            path: "/openapi.json",
            summary: "Show this description.",
            tag: "operation",
            success: (200, "The description.", ["application/json": ["schema": ["type": "object"]]]),
            errors: []
        ),
        Endpoint(
            method: "get",
            path: "/docs",
            summary: "Show this description to people.",
            tag: "operation",
            success: (200, "A page.", ["text/html": ["schema": ["type": "string"]]]),
            errors: []
        ),
    ]
}
