// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// What a detector searches: a picture, or an encoded one of which no more is decoded than the search needs.
enum SearchedPicture {
    case image(Image)
    case source(ImageSource)

    /// Columns of the whole picture.
    var width: Int {
        switch self {
        case .image(let image): image.width
        case .source(let source): source.width
        }
    }

    /// Rows of the whole picture.
    var height: Int {
        switch self {
        case .image(let image): image.height
        case .source(let source): source.height
        }
    }

    /// Returns the picture averaged to `width` by `height` pixels.
    func scaled(width: Int, height: Int) throws(FaceError) -> Image {
        let image =
            switch self {
            case .image(let image): image
            case .source(let source): try source.image(atLeastWidth: width, height: height).image
            }
        return image.resized(width: width, height: height, method: .area)
    }
}
