// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit
import FaceKitInference

/// What this build of FaceKit is made of and what it makes of the processor.
public enum BuildFacts {
    /// A library beneath FaceKit.
    public struct Library: Hashable, Sendable {
        /// What it is called.
        public let name: String
        /// The version in use, as the library itself puts it.
        public let version: String
    }

    /// The processor architecture this build is for, `"x86-64"` or `"arm64"`.
    public static var architecture: String { KernelLevel.architecture }

    /// The kernels that networks are computed with on this processor: `"portable"`, `"avx2"`, `"avx512"` or `"amx"`.
    public static var kernels: String { KernelLevel.best.rawValue }

    /// All kernels that this processor can run, slowest first.
    public static var availableKernels: [String] { KernelLevel.available.map(\.rawValue) }

    /// The libraries beneath; those that a trait leaves out are not listed.
    public static var libraries: [Library] {
        var libraries = [
            Library(name: "libjpeg", version: String(cString: cfk_jpeg_version())),
            Library(name: "libpng", version: String(cString: cfk_png_version())),
        ]
        if let version = cfk_gif_version() {
            libraries.append(Library(name: "giflib", version: String(cString: version)))
        }
        if let version = cfk_tiff_version() {
            let firstLine = String(cString: version).prefix { $0 != "\n" }
            let number = firstLine.split(separator: " ").last.map(String.init) ?? String(firstLine)
            libraries.append(Library(name: "libtiff", version: number))
        }
        let webp = cfk_webp_version()
        if webp != 0 {
            libraries.append(Library(name: "libwebp", version: "\(webp >> 16).\(webp >> 8 & 255).\(webp & 255)"))
        }
        if let version = cfk_blas_version() {
            libraries.append(Library(name: "OpenBLAS", version: String(cString: version)))
        }
        return libraries
    }
}
