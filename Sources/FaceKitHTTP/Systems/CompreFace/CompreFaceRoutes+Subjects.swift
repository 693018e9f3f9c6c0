// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Hummingbird

extension CompreFaceRoutes {
    var subjectRoutes: [SystemRoute] {
        [
            SystemRoute(.post, "/recognition/subjects") { try await addSubject($0) },
            SystemRoute(.get, "/recognition/subjects") { try await listSubjects($0) },
            SystemRoute(.delete, "/recognition/subjects") { try await removeSubjects($0) },
            SystemRoute(.put, "/recognition/subjects/{subject}") { try await renameSubject($0) },
            SystemRoute(.delete, "/recognition/subjects/{subject}") { try await removeSubject($0) },
        ]
    }

    /// The name in a JSON body, checked.
    private func name(in request: SystemRequest) async throws -> String {
        guard request.isJSON else { throw RequestBodyError.wrongContentType(request.mediaType) }
        let json = try await request.json(limit: settings.bodyLimit)
        guard json.isObject else { throw CompreFaceError.bare(.badRequest) }
        let name: String
        switch json["subject"] {
        case nil, .null: name = ""
        case .string(let text): name = text.text
        case .number(let literal): name = literal
        case .bool(let value): name = String(value)
        default: throw CompreFaceError.bare(.badRequest)
        }
        guard name.contains(where: { !$0.isWhitespace }) else {
            throw CompreFaceError.validation("Subject name cannot be empty")
        }
        guard name.count <= 50, !name.utf8.contains(0) else {
            throw CompreFaceError.validation("Subject name size must be between 1 and 50")
        }
        guard !name.contains(where: { $0 == ";" || $0 == "/" || $0 == "\\" }) else {
            throw CompreFaceError.specialCharacters
        }
        return name
    }

    private func addSubject(_ request: SystemRequest) async throws -> Response {
        let name = try await name(in: request)
        guard try await writableCollection(request).addSubject(name) else {
            throw CompreFaceError.coded(43, "Subject already exists")
        }
        return .json(["subject": .text(name)], status: .created)
    }

    private func listSubjects(_ request: SystemRequest) async throws -> Response {
        let names = try await collection(request).subjectNames()
        return .json(["subjects": .array(names.map(JSON.text))])
    }

    private func removeSubjects(_ request: SystemRequest) async throws -> Response {
        let removed = try await writableCollection(request).removeAll()
        return .json(["deleted": .int(removed.subjectCount)])
    }

    private func renameSubject(_ request: SystemRequest) async throws -> Response {
        let old = request.parameters["subject"] ?? ""
        let new = try await name(in: request)
        switch try await writableCollection(request).renameSubject(old, to: new) {
        case .notFound:
            // The same text is no renaming, whether there is such a subject or not.
            guard old == new else { throw CompreFaceError.unknownSubject(old) }
            return .json(["updated": false])
        case .unchanged: return .json(["updated": false])
        case .renamed, .merged: return .json(["updated": true])
        }
    }

    private func removeSubject(_ request: SystemRequest) async throws -> Response {
        let name = request.parameters["subject"] ?? ""
        guard let removed = try await writableCollection(request).removeSubject(name) else {
            throw CompreFaceError.unknownSubject(name)
        }
        return .json(["subject": .text(removed.name)])
    }
}
