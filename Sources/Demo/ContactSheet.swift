// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation

/// Small pictures with captions, side by side on one picture, to look over many at a glance.
struct ContactSheet {
    /// The longer side of a small picture.
    let side: Int
    private let path: String
    private var cells: [(image: Image, caption: String)] = []

    private static let gap = 4
    private static let captionHeight = 12
    /// Sheets grow no wider: pictures become smaller first.
    private static let widest = 8192

    /// Plans a sheet.
    ///
    /// - Parameters:
    ///   - path: The file that ``write()`` writes.
    ///   - count: How many pictures are to be expected.
    ///   - side: The longer side of a small picture; less where so many do not fit.
    /// - Throws: ``FaceError/Code/unsupportedImageFormat`` for a file's name without a known extension.
    init(path: String, count: Int, side: Int = 320) throws(FaceError) {
        guard ImageEncoding(fileName: path) != nil else {
            throw FaceError(
                .unsupportedImageFormat,
                "\(path) ends in no extension that can be written (jpg, jpeg, png, webp)"
            )
        }
        self.path = path
        self.side = max(32, min(side, Self.widest / Self.columns(for: count) - Self.gap))
    }

    /// Adds a picture with the faces in it and says how many there are.
    mutating func add(_ source: ImageSource, faces: [FaceDetection], file: String) throws {
        try add(source, caption: "\(Self.name(of: file)): \(faces.count)") { canvas, factor in
            for face in faces { canvas.mark(face.scaled(by: factor)) }
        }
    }

    /// Adds a picture on which `draw` leaves its marks; it is told how many times as long its sides are on the sheet.
    mutating func add(
        _ source: ImageSource,
        caption: String,
        draw: (inout ImageCanvas, Float) -> Void
    ) throws {
        let factor = min(1, Double(side) / Double(max(source.width, source.height)))
        let width = max(1, Int((Double(source.width) * factor).rounded()))
        let height = max(1, Int((Double(source.height) * factor).rounded()))
        let small = try source.image(atLeastWidth: width, height: height).image.resized(width: width, height: height)
        add(small.drawing { draw(&$0, Float(factor)) }, caption: caption)
    }

    /// Adds a picture of at most `side` pixels as it is.
    mutating func add(_ image: Image, caption: String) {
        cells.append((image, caption))
    }

    /// Lays the pictures out and writes the sheet, also an empty one.
    func write() throws(FaceError) {
        let columns = Self.columns(for: cells.count)
        let width = (cells.map(\.image.width).max() ?? side) + Self.gap
        let height = (cells.map(\.image.height).max() ?? side) + Self.gap + Self.captionHeight
        let rows = max(1, (cells.count + columns - 1) / columns)
        let gray = [UInt8](repeating: 40, count: columns * width * rows * height * 3)
        let background = try Image(width: columns * width, height: rows * height, pixels: gray)
        let sheet = background.drawing { canvas in
            for (index, cell) in cells.enumerated() {
                let (left, top) = (index % columns * width, index / columns * height)
                canvas.draw(cell.image, x: left, y: top)
                let letters = max(1, (width - Self.gap) / ImageCanvas.size(ofText: "MM").width * 2)
                canvas.write(
                    String(cell.caption.suffix(letters)),
                    at: Point(x: Float(left + 2), y: Float(top + cell.image.height + 3)),
                    color: .white
                )
            }
        }
        try sheet.write(toFile: path)
    }

    /// A picture's name without its folder and extension.
    static func name(of file: String) -> String {
        URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
    }

    private static func columns(for count: Int) -> Int {
        max(1, Int(Double(count).squareRoot().rounded(.up)))
    }
}
