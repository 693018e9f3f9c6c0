// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension AlignmentTemplate: Codable {
    private enum CodingKeys: String, CodingKey {
        case template
        case templateSize = "template_size"
        case landmarkOrder = "landmark_order"
    }

    /// The words of model cards for ``Landmarks/points``, in that order.
    ///
    /// Cards name sides as seen in the picture.
    private static let landmarkNames = [
        "image-left eye", "image-right eye", "nose tip", "image-left mouth corner", "image-right mouth corner",
    ]

    /// Decodes the `alignment` of a model card: five points, the crop's size and the order of the points.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)

        func corrupted(_ key: CodingKeys, _ fault: String) -> DecodingError {
            .dataCorruptedError(forKey: key, in: container, debugDescription: fault)
        }

        let template = try container.decode([[Float]].self, forKey: .template)
        guard template.count == 5, template.allSatisfy({ $0.count == 2 && $0.allSatisfy(\.isFinite) }) else {
            throw corrupted(.template, "\(template.count) entries where five pairs of numbers are wanted")
        }
        let size = try container.decode([Int].self, forKey: .templateSize)
        guard size.count == 2, size.allSatisfy({ 1...16384 ~= $0 }) else {
            throw corrupted(.templateSize, "\(size) is not a width and a height within 1...16384")
        }
        let order = try container.decodeIfPresent([String].self, forKey: .landmarkOrder) ?? Self.landmarkNames
        guard order.count == 5 else { throw corrupted(.landmarkOrder, "\(order.count) names for five points") }
        let points = try Self.landmarkNames.map { name in
            guard let index = order.firstIndex(of: name) else {
                throw corrupted(.landmarkOrder, "\"\(name)\" is not among \(order)")
            }
            return Point(x: template[index][0], y: template[index][1])
        }
        self.init(landmarks: Landmarks(points: points), width: size[0], height: size[1])
    }

    /// Encodes in the form of a model card.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(landmarks.points.map { [$0.x, $0.y] }, forKey: .template)
        try container.encode([width, height], forKey: .templateSize)
        try container.encode(Self.landmarkNames, forKey: .landmarkOrder)
    }
}
