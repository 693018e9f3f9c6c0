// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

public import FaceKit
import Foundation

/// A place where models lie as in a model folder: `TASK/NAME.json` and the files beside it, packs in `packs/`.
public enum ModelMirror: Hashable, Sendable {
    /// A folder.
    case folder(String)
    /// A base address, without a slash at the end.
    case address(String)

    /// Reads a mirror as `FACEKIT_MODEL_MIRROR` names it: a path, or an address with `http` or `https`.
    ///
    /// - Throws: ``FaceError/Code/invalidConfiguration``.
    public init(_ text: String) throws(FaceError) {
        guard let scheme = text.firstMatch(of: /^([A-Za-z][A-Za-z0-9+.-]*):\/\//)?.1.lowercased() else {
            self = .folder(text)
            return
        }
        guard ["http", "https"].contains(scheme), URL(string: text)?.host?.isEmpty == false else {
            throw FaceError(
                .invalidConfiguration,
                "the model mirror \(text) is neither a folder nor an address with http or https"
            )
        }
        self = .address(text.hasSuffix("/") ? String(text.dropLast()) : text)
    }

    /// The path or address of something in the mirror.
    func place(_ relative: String) -> String {
        switch self {
        case .folder(let path): "\(path)/\(relative)"
        case .address(let base):
            "\(base)/" + (relative.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? relative)
        }
    }

    /// For messages.
    var description: String {
        switch self {
        case .folder(let text), .address(let text): text
        }
    }
}
