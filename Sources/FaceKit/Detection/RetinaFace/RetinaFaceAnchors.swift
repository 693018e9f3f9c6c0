// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

/// The squares that a RetinaFace network measures faces against: some sizes for every cell of some grids.
///
/// They are not in the network's file, and networks of the same shape were trained with different ones.
public struct RetinaFaceAnchors: Hashable, Sendable {
    /// The squares of one grid.
    public struct Level: Hashable, Sendable {
        /// The distance of two cells, in pixels.
        public let stride: Int
        /// Sides of the squares, in pixels, in the order of the network's outputs.
        public let sizes: [Float]

        /// Creates a level.
        public init(stride: Int, sizes: [Float]) {
            self.stride = stride
            self.sizes = sizes
        }
    }

    /// The grids, in the order of the network's outputs.
    public let levels: [Level]

    /// Creates a set of anchors.
    ///
    /// - Throws: ``FaceError/Code/invalidConfiguration`` when there is no level, or a stride or a size outside 1...4096.
    public init(levels: [Level]) throws(FaceError) {
        for level in levels {
            guard 1...4096 ~= level.stride, !level.sizes.isEmpty, level.sizes.allSatisfy({ 1...4096 ~= $0 }) else {
                throw FaceError(
                    .invalidConfiguration,
                    "anchors of the sizes \(level.sizes) at the stride \(level.stride) are not usable:"
                        + " all must lie within 1...4096"
                )
            }
        }
        let strides = levels.map(\.stride)
        let largest = strides.max() ?? 0
        guard !levels.isEmpty, strides.allSatisfy({ largest.isMultiple(of: $0) }) else {
            throw FaceError(.invalidConfiguration, "anchors at the strides \(strides) share no input plane")
        }
        self.levels = levels
    }

    /// Reads the anchors from the `decode` of a model card, a text in which `stride [8, 16, 32]` and
    /// `min_sizes [[10, 20], [32, 64], [128, 256]]` stand, with any words around them.
    ///
    /// - Throws: ``FaceError/Code/invalidConfiguration`` when the lists are missing or do not belong together.
    init(decodeText text: String) throws(FaceError) {
        guard let strides = text.firstMatch(of: /strides?\s*\[([0-9,\s]*)\]/)?.1,
            let sizes = text.firstMatch(of: /min_sizes\s*\[((?:\s*\[[0-9,\s]*\]\s*,?)+)\s*\]/)?.1
        else {
            throw FaceError(.invalidConfiguration, "no strides and min_sizes stand in it")
        }
        func numbers(_ list: Substring) -> [Int?] {
            list.split(separator: ",").map { Int($0.filter { !$0.isWhitespace }) }
        }
        let lists = sizes.matches(of: /\[([0-9,\s]*)\]/).map { numbers($0.1) }
        let steps = numbers(strides)
        guard steps.count == lists.count, !steps.contains(nil), !lists.joined().contains(nil) else {
            throw FaceError(
                .invalidConfiguration,
                "\(steps.count) strides and \(lists.count) lists of min_sizes are not as many numbers as needed"
            )
        }
        try self.init(
            levels: zip(steps, lists).map { step, list in
                Level(stride: step ?? 0, sizes: list.map { Float($0 ?? 0) })
            }
        )
    }

    /// How many squares there are in a plane of the given sides.
    func count(width: Int, height: Int) -> Int {
        levels.reduce(0) { $0 + (width / $1.stride) * (height / $1.stride) * $1.sizes.count }
    }
}
