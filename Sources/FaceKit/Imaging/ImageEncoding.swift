// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// How to encode a picture; an open set.
public struct ImageEncoding: Hashable, Sendable {
    enum Kind: Hashable {
        case jpeg(quality: Int)
        case png
        case webp(quality: Int)
    }

    let kind: Kind

    /// Baseline JPEG with chroma at half resolution; quality 1 (smallest) to 100, other values are brought in range.
    public static func jpeg(quality: Int = 90) -> Self {
        Self(kind: .jpeg(quality: min(max(quality, 1), 100)))
    }

    /// PNG, 8-bit RGB, lossless.
    public static let png = Self(kind: .png)

    /// Lossy WebP; quality 1 (smallest) to 100, other values are brought in range.
    ///
    /// Needs a build with the trait `MorePictureFormats`.
    public static func webp(quality: Int = 90) -> Self {
        Self(kind: .webp(quality: min(max(quality, 1), 100)))
    }

    /// The encoding that a file's name asks for: `.jpg`, `.jpeg`, `.webp` (at the default quality) or `.png`, in any
    /// case.
    public init?(fileName: String) {
        guard let dot = fileName.lastIndex(of: ".") else { return nil }
        switch fileName[fileName.index(after: dot)...].lowercased() {
        case "jpg", "jpeg": self = .jpeg()
        case "png": self = .png
        case "webp": self = .webp()
        default: return nil
        }
    }

    private init(kind: Kind) {
        self.kind = kind
    }
}
