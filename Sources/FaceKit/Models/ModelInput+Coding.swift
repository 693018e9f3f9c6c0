// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension ModelInput: Codable {
    private enum CodingKeys: String, CodingKey {
        case width, height, color, mean, scale
    }

    /// Decodes the `input` of a model card: sides are numbers or `"dynamic"`, `mean` and `scale` one number or three.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)

        func side(_ key: CodingKeys) throws -> Int? {
            if let word = try? container.decode(String.self, forKey: key), word == "dynamic" { return nil }
            let side = try container.decode(Int.self, forKey: key)
            guard 1...16384 ~= side else {
                throw DecodingError.dataCorruptedError(
                    forKey: key,
                    in: container,
                    debugDescription: "\(side) is outside 1...16384"
                )
            }
            return side
        }

        func planes(_ key: CodingKeys) throws -> [Float] {
            if let number = try? container.decode(Float.self, forKey: key) { return [number, number, number] }
            let numbers = try container.decode([Float].self, forKey: key)
            guard numbers.count == 3 else {
                throw DecodingError.dataCorruptedError(
                    forKey: key,
                    in: container,
                    debugDescription: "\(numbers.count) numbers for three planes"
                )
            }
            return numbers
        }

        self.init(
            width: try side(.width),
            height: try side(.height),
            color: try container.decode(ColorOrder.self, forKey: .color),
            mean: try planes(.mean),
            scale: try planes(.scale)
        )
    }

    /// Encodes in the form of a model card.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        for (side, key) in [(width, CodingKeys.width), (height, .height)] {
            if let side {
                try container.encode(side, forKey: key)
            } else {
                try container.encode("dynamic", forKey: key)
            }
        }
        try container.encode(color, forKey: .color)
        try container.encode(mean, forKey: .mean)
        try container.encode(scale, forKey: .scale)
    }
}
