// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation
import HTTPTypes

/// A request with pictures: parameters from query and form, pictures from form or JSON.
struct CompreFaceInput: Sendable {
    let items: CompreFaceItems
    private let content: Content

    private enum Content {
        case form(MultipartForm)
        case json(JSON)
    }

    /// Reads a request.
    ///
    /// - Throws: 415 for a body that is neither form nor JSON, an empty 400 for one that cannot be read.
    init(_ request: SystemRequest, pictures: [String], settings: CompreFaceSettings) async throws {
        if request.isMultipart {
            let form = try await request.form(
                .init(
                    body: settings.bodyLimit,
                    file: settings.fileLimit,
                    fileNames: Set(pictures),
                    filesPerName: 1
                )
            )
            content = .form(form)
            items = CompreFaceItems(query: request.query, form: form.fields)
            guard !form.files.contains(where: \.isTooLarge) else { throw CompreFaceError.unforeseen }
        } else if request.isJSON {
            let json = try await request.json(limit: settings.bodyLimit)
            guard json.isObject else { throw CompreFaceError.bare(.badRequest) }
            content = .json(json)
            items = CompreFaceItems(query: request.query)
        } else {
            throw RequestBodyError.wrongContentType(request.mediaType)
        }
    }

    /// Refuses a request without the picture called `name`; `field` is what a JSON body's is called in messages.
    func require(_ name: String, field: String) throws(CompreFaceError) {
        switch content {
        case .form(let form):
            guard form.file(name) != nil else { throw .missingPart(name) }
        case .json(let json):
            guard let value = json[name], !value.isNull, value.text?.isEmpty != true else {
                throw .missingField(field)
            }
        }
    }

    /// The bytes of a picture; 21 is thrown for a wrong ending or alphabet.
    ///
    /// Where the picture will be kept, the original is stricter about base64.
    func picture(_ name: String, isStored: Bool = false) throws(CompreFaceError) -> [UInt8] {
        switch content {
        case .form(let form):
            guard let file = form.file(name) else { throw .missingPart(name) }
            guard Self.isPicture(file.fileName) else { throw .ending(file.fileName) }
            return file.bytes
        case .json(let json):
            guard case .string(let text)? = json[name] else { throw .bare(.badRequest) }
            guard text.utf8.allSatisfy(Self.isBase64) else { throw .notBase64 }
            if isStored {
                guard let bytes = Base64.decode(text.utf8, alphabet: .standard) else { throw .unforeseen }
                return bytes
            }
            // What is in the alphabet and still no base64 is no picture.
            return Base64.decode(text.utf8) ?? []
        }
    }

    private static let endings: Set<String> = ["tif", "tiff", "jpg", "jpeg", "png", "bmp", "ico", "gif", "webp"]

    private static func isPicture(_ fileName: String) -> Bool {
        guard let dot = fileName.lastIndex(of: ".") else { return false }
        return endings.contains(fileName[fileName.index(after: dot)...].lowercased())
    }

    private static func isBase64(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2F, 0x2D, 0x5F, 0x3D, 0x20, 0x09, 0x0A, 0x0D: true
        default: false
        }
    }
}
