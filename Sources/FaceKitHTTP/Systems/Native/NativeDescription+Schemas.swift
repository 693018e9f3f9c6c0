// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension NativeDescription {
    private static func object(_ properties: [(name: String, value: JSON)], optional: Set<String> = []) -> JSON {
        [
            "type": "object", "properties": .object(properties),
            "required": .array(properties.map(\.name).filter { !optional.contains($0) }.map(JSON.text)),
        ]
    }

    private static func list(_ items: JSON) -> JSON { ["type": "array", "items": items] }

    private static let number: JSON = ["type": "number"]
    private static let count: JSON = ["type": "integer", "minimum": 0]
    private static let text: JSON = ["type": "string"]
    private static let box: JSON = [
        "type": "array", "items": ["type": "number"], "minItems": 4, "maxItems": 4,
        "description": "Left edge, top edge, width, height.",
    ]

    private static let face: [(name: String, value: JSON)] = [
        ("box", box), ("confidence", ["type": "number", "minimum": 0, "maximum": 1]),
        (
            "landmarks",
            [
                "type": "array", "items": ["type": "array", "items": ["type": "number"]], "minItems": 5, "maxItems": 5,
                "description": "Right eye, left eye, nose tip, right and left corner of the mouth; each x, y.",
            ]
        ),
    ]

    private static func pictures(_ face: JSON) -> JSON {
        list(object([("file", text), ("width", count), ("height", count), ("faces", list(face))]))
    }

    private static let attributes: JSON = object(
        [
            (
                "age",
                object([("years", number), ("low", count), ("high", count), ("probability", number)])
            ),
            (
                "gender",
                object([("value", ["type": "string", "enum": ["female", "male"]]), ("probability", number)])
            ),
            ("pose", object([("pitch", number), ("yaw", number), ("roll", number)])),
            (
                "mask",
                object([
                    ("value", ["type": "string", "enum": ["none", "incorrect", "correct"]]), ("probability", number),
                ])
            ),
            ("landmarks106", list(list(number))), ("quality", ["type": "number", "minimum": 0, "maximum": 1]),
        ],
        optional: ["age", "gender", "pose", "mask", "landmarks106", "quality"]
    )

    private static let pageMembers: [(name: String, value: JSON)] = [
        ("offset", count), ("limit", count), ("total", count),
    ]

    /// The shapes of bodies.
    static let schemas: JSON = [
        "Error": object([
            (
                "error",
                object([("code", text), ("message", text), ("request_id", text)])
            )
        ]),
        "Face": object(face + [("attributes", reference("Attributes"))], optional: ["landmarks", "attributes"]),
        "Attributes": attributes,
        "Detection": object([("pictures", pictures(reference("Face")))]),
        "Embeddings": object([
            ("space", text),
            ("pictures", pictures(object(face + [("embedding", list(number))], optional: ["landmarks"]))),
        ]),
        "Comparison": object(
            [
                ("similarity", ["type": "number", "minimum": -1, "maximum": 1]), ("threshold", number),
                ("decision", ["type": "string", "enum": ["match", "unsure", "no match"]]),
                ("false_match_rate", number), ("space", text),
                ("pictures", list(object([("file", text), ("face", reference("Face"))]))),
            ],
            optional: ["false_match_rate"]
        ),
        "Gallery": object([
            ("subjects", count), ("faces", count), ("pictures", count), ("space", ["type": ["string", "null"]]),
            ("dimension", ["type": ["integer", "null"]]),
        ]),
        "Subject": object([("name", text), ("faces", count), ("created", ["type": "string", "format": "date-time"])]),
        "SubjectPage": object([("subjects", list(reference("Subject")))] + pageMembers),
        "EnrolledFace": object(
            [
                ("id", ["type": "string", "format": "uuid"]), ("subject", text),
                ("enrolled", ["type": "string", "format": "date-time"]), ("space", text), ("box", box),
                ("has_picture", ["type": "boolean"]),
            ],
            optional: ["box"]
        ),
        "FacePage": object([("faces", list(reference("EnrolledFace")))] + pageMembers),
        "SearchResult": object([
            ("threshold", number), ("space", text),
            (
                "faces",
                list(
                    object(
                        face + [
                            (
                                "candidates",
                                list(
                                    object([
                                        ("subject", text), ("face", ["type": "string", "format": "uuid"]),
                                        ("similarity", number),
                                    ])
                                )
                            )
                        ],
                        optional: ["landmarks"]
                    )
                )
            ),
        ]),
        "Health": object([("status", ["type": "string", "enum": ["ok", "starting"]])]),
    ]
}
