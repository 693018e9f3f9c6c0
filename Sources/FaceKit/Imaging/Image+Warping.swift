// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import CFaceKit

extension Image {
    /// Returns the picture moved by an affine map, sampled bilinearly; what comes from outside it is black.
    ///
    /// Pixel centres lie at whole numbers, as in OpenCV's `warpAffine`; values are rounded to the nearest level.
    ///
    /// - Parameters:
    ///   - transform: Where the points of this picture go in the result.
    ///   - width: Columns of the result, at least 1.
    ///   - height: Rows of the result, at least 1.
    /// - Returns: A picture of the given size.
    /// - Throws: ``FaceError/Code/invalidConfiguration`` when the transform has no inverse.
    public func warpAffine(
        _ transform: AffineTransform2x3,
        width: Int,
        height: Int
    ) throws(FaceError) -> Image {
        guard let inverse = transform.inverse else {
            throw FaceError(
                .invalidConfiguration,
                "An affine map of determinant \(transform.determinant) has no inverse"
            )
        }
        return warped(
            back: [inverse.a, inverse.b, inverse.tx, inverse.c, inverse.d, inverse.ty, 0, 0, 1],
            width: width,
            height: height
        )
    }

    /// Returns the picture seen through a projective map, sampled bilinearly; what comes from outside it is black.
    ///
    /// - Parameters:
    ///   - matrix: 3×3, row by row: where the points of this picture go in the result, in homogeneous coordinates.
    ///   - width: Columns of the result, at least 1.
    ///   - height: Rows of the result, at least 1.
    /// - Returns: A picture of the given size.
    /// - Throws: ``FaceError/Code/invalidConfiguration`` when `matrix` does not have nine numbers or no inverse.
    public func warpPerspective(_ matrix: [Double], width: Int, height: Int) throws(FaceError) -> Image {
        guard matrix.count == 9 else {
            throw FaceError(.invalidConfiguration, "A projective map has 9 numbers, not \(matrix.count)")
        }
        // The inverse up to a factor, which homogeneous coordinates do not notice.
        let cofactors = [
            matrix[4] * matrix[8] - matrix[5] * matrix[7], matrix[2] * matrix[7] - matrix[1] * matrix[8],
            matrix[1] * matrix[5] - matrix[2] * matrix[4], matrix[5] * matrix[6] - matrix[3] * matrix[8],
            matrix[0] * matrix[8] - matrix[2] * matrix[6], matrix[2] * matrix[3] - matrix[0] * matrix[5],
            matrix[3] * matrix[7] - matrix[4] * matrix[6], matrix[1] * matrix[6] - matrix[0] * matrix[7],
            matrix[0] * matrix[4] - matrix[1] * matrix[3],
        ]
        let determinant = matrix[0] * cofactors[0] + matrix[1] * cofactors[3] + matrix[2] * cofactors[6]
        guard determinant.isFinite, determinant != 0, cofactors.allSatisfy(\.isFinite) else {
            throw FaceError(.invalidConfiguration, "A projective map of determinant \(determinant) has no inverse")
        }
        return warped(back: cofactors.map { $0 / determinant }, width: width, height: height)
    }

    /// Samples at `back`, a projective map from the result to this picture.
    private func warped(back: [Double], width: Int, height: Int) -> Image {
        precondition(width > 0 && height > 0, "a picture cannot be warped to \(width)×\(height)")
        let output = [UInt8](unsafeUninitializedCapacity: width * height * 3) { output, count in
            cfk_warp_rgb(
                pixels,
                Int32(self.width),
                Int32(self.height),
                back,
                Int32(width),
                Int32(height),
                start(of: output)
            )
            count = width * height * 3
        }
        return Image(width: width, height: height, validated: output)
    }
}
