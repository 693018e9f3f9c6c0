// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import Foundation

/// Tells whether a face wears a mask with AIZOO's detector of masked and bare faces, run on a crop of the face.
///
/// The box that is surest decides. The network does not tell a mask that is worn incorrectly.
public struct MaskNetwork: FaceAnalyzer {
    private let network: CropNetwork

    /// Offsets of boxes, and the probabilities of with and without a mask.
    private static let (boxes, classes) = ("loc", "cls")

    /// Reads the network.
    ///
    /// - Throws: ``FaceError/Code/fileUnreadable``, ``FaceError/Code/invalidModel`` when the outputs are not `loc` and
    ///   `cls`, ``FaceError/Code/unsupportedModel``, ``FaceError/Code/invalidModelCard``.
    public init(model file: ModelFile, compute: ComputeOptions = .init()) throws(FaceError) {
        network = try CropNetwork(file, compute: compute) { model throws(FaceError) in
            guard [Self.boxes, Self.classes].allSatisfy(model.outputNames.contains) else {
                throw model.unexpectedOutputs(wanted: "\(Self.boxes) and \(Self.classes)")
            }
            return (.square(scale: 1.6), .averaging)
        }
    }

    /// The name of the model.
    public var name: String { network.card.name }

    /// The part of the picture that is looked at.
    public var crops: [FaceCrop] { [network.crop] }

    /// Returns whether each face wears a mask, in the same order.
    ///
    /// - Throws: ``FaceError/Code/invalidModel`` when the network gives other outputs than it declares.
    public func findings(for faces: FaceViews) throws(FaceError) -> [Judgement<MaskState>] {
        let anchors = Self.anchors(width: network.crop.width, height: network.crop.height)
        let outputs = try faces.outputs(of: network)
        let offsets = try outputs.rows(of: Self.boxes, length: 4 * anchors.count)
        let classes = try outputs.rows(of: Self.classes, length: 2 * anchors.count)
        return zip(offsets, classes).map { offsets, classes in
            var (best, score): (Int?, Float) = (nil, -1)
            for index in anchors.indices {
                // Another face at the edge of the crop must not speak for the one in its middle.
                guard max(classes[2 * index], classes[2 * index + 1]) > score,
                    anchors[index].coversMiddle(offsets: offsets[4 * index..<4 * index + 4])
                else { continue }
                (best, score) = (index, max(classes[2 * index], classes[2 * index + 1]))
            }
            guard let best else { return Judgement([(.withoutMask, 0.5), (.withMask, 0.5)]) }
            let (masked, bare) = (classes[2 * best], classes[2 * best + 1])
            let sum = max(masked + bare, .leastNormalMagnitude)
            return Judgement([(.withoutMask, bare / sum), (.withMask, masked / sum)])
        }
    }

    /// A box that the network corrects, in fractions of the crop.
    private struct Anchor {
        let x, y, width, height: Float

        /// Whether the corrected box is about the middle of the crop.
        func coversMiddle(offsets: ArraySlice<Float>) -> Bool {
            let (start, variance): (Int, Float) = (offsets.startIndex, 0.1)
            let centerX = x + offsets[start] * variance * width
            let centerY = y + offsets[start + 1] * variance * height
            let boxWidth = width * exp(0.2 * offsets[start + 2])
            let boxHeight = height * exp(0.2 * offsets[start + 3])
            return abs(centerX - 0.5) < boxWidth / 2 && abs(centerY - 0.5) < boxHeight / 2
        }
    }

    /// Four boxes for each cell of five levels, as AIZOO's FaceMaskDetection lays them.
    private static func anchors(width: Int, height: Int) -> [Anchor] {
        let sizes: [(Float, Float)] = [(0.04, 0.056), (0.08, 0.11), (0.16, 0.22), (0.32, 0.45), (0.64, 0.72)]
        var (columns, rows) = (width, height)
        // Three halvings before the first level, rounded up as by padded convolutions.
        for _ in 0..<3 { (columns, rows) = ((columns + 1) / 2, (rows + 1) / 2) }
        var anchors: [Anchor] = []
        for (small, large) in sizes {
            let shapes = [
                (small, small), (large, large), (small * Float(0.62).squareRoot(), small / Float(0.62).squareRoot()),
                (small * Float(0.42).squareRoot(), small / Float(0.42).squareRoot()),
            ]
            for row in 0..<rows {
                for column in 0..<columns {
                    for (width, height) in shapes {
                        anchors.append(
                            Anchor(
                                x: (Float(column) + 0.5) / Float(columns),
                                y: (Float(row) + 0.5) / Float(rows),
                                width: width,
                                height: height
                            )
                        )
                    }
                }
            }
            (columns, rows) = ((columns + 1) / 2, (rows + 1) / 2)
        }
        return anchors
    }
}
