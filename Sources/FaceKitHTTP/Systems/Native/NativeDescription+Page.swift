// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension NativeDescription {
    /// The description as a page without anything from elsewhere.
    static let page: String = {
        var text = """
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>FaceKit API</title>
            <style>
            :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
            body { max-width: 56rem; margin: 0 auto; padding: 1rem; }
            h2 { margin-top: 2.5rem; text-transform: capitalize; }
            details { border: 1px solid #8886; border-radius: .5rem; margin: .5rem 0; padding: .5rem 1rem; }
            summary { cursor: pointer; }
            code { font-family: ui-monospace, monospace; }
            summary b { display: inline-block; min-width: 4.5rem; text-transform: uppercase; font-size: .8rem; }
            table { border-collapse: collapse; width: 100%; }
            td { border-top: 1px solid #8884; padding: .25rem .5rem .25rem 0; vertical-align: top; }
            pre { overflow-x: auto; background: #8882; padding: .75rem; border-radius: .5rem; }
            </style>
            <h1>FaceKit API</h1>
            <p>Pictures go in as files of a form or as base64 in JSON, answers are JSON.
            The machine-readable description is <a href="openapi.json">openapi.json</a> (OpenAPI 3.1).</p>
            <pre>curl -F picture=@portrait.jpg http://localhost:8000/v1/detect
            curl -F subject=anna -F picture=@anna.jpg http://localhost:8000/v1/faces
            curl -F picture=@group.jpg http://localhost:8000/v1/search</pre>

            """
        for tag in ["faces", "gallery", "operation"] {
            text += "<h2>\(tag)</h2>\n"
            for endpoint in endpoints where endpoint.tag == tag {
                text +=
                    "<details><summary><b>\(endpoint.method)</b> <code>\(endpoint.path)</code> \(endpoint.summary)</summary>\n"
                let rows = parameters(endpoint)
                if !rows.isEmpty {
                    text +=
                        "<table>" + rows.map { "<tr><td><code>\($0.0)</code><td>\($0.1)" }.joined(separator: "\n")
                        + "</table>\n"
                }
                let errors = endpoint.errors.map(String.init).joined(separator: ", ")
                text += "<p>\(endpoint.success.status): \(endpoint.success.description)"
                text += errors.isEmpty ? "</p></details>\n" : " Errors: \(errors).</p></details>\n"
            }
        }
        return text + "</html>\n"
    }()

    /// Names and meanings of what an endpoint takes.
    private static func parameters(_ endpoint: Endpoint) -> [(String, String)] {
        var rows = endpoint.query.map { ($0.name, $0.description) }
        let schema = endpoint.body?["application/json"]?["schema"]
        let required = schema?["required"]?.elements?.compactMap(\.text) ?? []
        if case .object(let properties)? = schema?["properties"] {
            for (name, value) in properties {
                var words = [required.contains(name) ? "required" : "optional"]
                if let type = value["type"]?.text { words.append(type) }
                if let least = value["minimum"]?.double, let most = value["maximum"]?.double {
                    words.append("\(JSON.double(least).shown) to \(JSON.double(most).shown)")
                }
                let choices = value["enum"] ?? value["items"]?["enum"]
                if let choices = choices?.elements {
                    words.append("one of " + choices.compactMap(\.text).joined(separator: ", "))
                }
                rows.append(
                    (name, words.joined(separator: ", ") + (value["description"]?.text.map { ". \($0)" } ?? ""))
                )
            }
        }
        return rows
    }
}

extension JSON {
    fileprivate var shown: String {
        let text = String(decoding: encoded, as: UTF8.self)
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
