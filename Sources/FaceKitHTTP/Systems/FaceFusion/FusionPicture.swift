// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation

/// A picture as Face_fusion_rest's clients give it, and how the result is given back: in the same form.
enum FusionPicture: Sendable {
    case dataURI([UInt8])
    case base64([UInt8])
    /// A file, with its path as the client has it and as the system has it.
    case path(String, file: String)

    /// Reads what a client sent; paths are resolved below `root`, and without one refused.
    init(_ text: JSONString, root: String?) throws(FaceFusionError) {
        let bytes = text.utf8
        if bytes.starts(with: "data:image/".utf8) {
            guard let picture = Base64.decodePicture(bytes) else { throw .unreadable("the data URI is no base64") }
            self = .dataURI(picture)
            return
        }
        if bytes.count >= 64, let picture = Base64.decode(bytes), ImageFormat(recognizing: picture) != nil {
            self = .base64(picture)
            return
        }
        guard let root else { throw .unreadable("inputImage is no picture in base64 and no data URI") }
        self = .path(text.text, file: try Self.resolve(text.text, below: root))
    }

    /// The file of a path below a folder, which no link may leave.
    private static func resolve(_ path: String, below root: String) throws(FaceFusionError) -> String {
        let refused = FaceFusionError.unreadable("inputImage is no path of a picture")
        guard !path.isEmpty, path.utf8.count < 1024, !path.utf8.contains(0), !path.split(separator: "/").contains("..")
        else { throw refused }
        let root = URL(fileURLWithPath: root).resolvingSymlinksInPath().path
        let joined = path.hasPrefix("/") ? path : "\(root)/\(path)"
        let file = URL(fileURLWithPath: joined).resolvingSymlinksInPath().path
        guard file.hasPrefix(root + "/") else { throw refused }
        return file
    }

    /// Runs `body` on the picture.
    ///
    /// - Throws: ``FaceFusionError/unreadable(_:)`` when it cannot be read or decoded, and what `body` throws.
    func with<Result>(_ work: FaceWork, _ body: (ImageSource) throws -> Result) throws -> Result {
        do {
            switch self {
            case .dataURI(let bytes), .base64(let bytes): return try body(work.open(bytes))
            case .path(_, let file): return try body(work.open(contentsOfFile: file))
            }
        } catch let error as FaceError where error.code.isAboutPicture || error.code == .fileUnreadable {
            throw FaceFusionError.unreadable("the picture cannot be read")
        }
    }

    private var isPNG: Bool {
        switch self {
        case .dataURI(let bytes), .base64(let bytes): ImageFormat(recognizing: bytes) == .png
        case .path(let path, _): path.lowercased().hasSuffix(".png")
        }
    }

    /// The result in the form of the input; a file is written beside it, with the operation in its name.
    func output(_ image: Image, operation: String) throws -> String {
        let encoding: ImageEncoding = isPNG ? .png : .jpeg(quality: 92)
        func encoded(_ image: Image) throws -> [UInt8] {
            try operation == "fusion" ? image.encodedSynthetic(as: encoding) : image.encoded(as: encoding)
        }
        switch self {
        case .dataURI:
            return "data:image/\(isPNG ? "png" : "jpeg");base64," + Base64.encode(try encoded(image))
        case .base64: return Base64.encode(try encoded(image))
        case .path(let path, let file):
            func named(_ path: String) -> String {
                let folder = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
                guard let dot = path[folder...].lastIndex(of: "."), dot > folder else { return "\(path)_\(operation)" }
                return "\(path[..<dot])_\(operation)\(path[dot...])"
            }
            do {
                try Data(encoded(image)).write(to: URL(fileURLWithPath: named(file)), options: .atomic)
            } catch let error as FaceError {
                throw error
            } catch {
                throw FaceError(.fileUnwritable, "the result cannot be written", cause: error)
            }
            return named(path)
        }
    }

    /// A gallery's picture in the form of the input; of files, its name.
    func output(file bytes: [UInt8], name: String) -> String {
        let type =
            switch ImageFormat(recognizing: bytes) {
            case .png: "png"
            case .gif: "gif"
            case .webp: "webp"
            default: "jpeg"
            }
        return switch self {
        case .dataURI: "data:image/\(type);base64," + Base64.encode(bytes)
        case .base64: Base64.encode(bytes)
        case .path: name
        }
    }
}
