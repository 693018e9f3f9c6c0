// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit

extension Image {
    /// Returns the picture with what an analysis found drawn for each face: landmarks joined to lines, the axes of the
    /// head (red to the subject's left, green down, blue out of the nose) and the attributes in words.
    func marking(_ faces: [FaceAnalysis]) -> Image {
        // Letters and lines stay readable on small pictures, too.
        let plain = faces.allSatisfy { $0.landmarks == nil && $0.pose == nil && $0.lines.isEmpty }
        if plain { return marking(faces.map(\.detection)) }
        return drawing { canvas in
            for face in faces { canvas.mark(face) }
        }
    }
}

extension ImageCanvas {
    fileprivate mutating func mark(_ face: FaceAnalysis) {
        let box = face.detection.boundingBox
        let line = max(1, (width + height) / 800)
        strokeBox(box, color: .green, lineWidth: line)
        let thin = max(1, Float(line) * 0.75)
        if let landmarks = face.landmarks {
            for feature in LandmarkScheme.Feature.allCases {
                strokePath(
                    landmarks[feature],
                    isClosed: feature.isClosed,
                    color: PixelColor(red: 255, green: 220, blue: 0),
                    lineWidth: thin
                )
            }
            if box.width >= 80 {
                for point in landmarks.points {
                    fillDisc(at: point, radius: max(0, box.width / 300 - 0.3), color: .white)
                }
            }
        }
        if let pose = face.pose {
            let center = face.detection.landmarks?.noseTip ?? box.center
            let length = box.width * 0.5
            func end(_ axis: Point) -> Point { Point(x: center.x + axis.x * length, y: center.y + axis.y * length) }
            let axes = pose.axes
            let thick = max(1.5, box.width / 60)
            strokeLine(from: center, to: end(axes.left), color: .red, lineWidth: thick)
            strokeLine(from: center, to: end(axes.down), color: .green, lineWidth: thick)
            strokeLine(from: center, to: end(axes.front), color: .blue, lineWidth: thick)
        }
        guard box.width >= 40 else { return }
        let lines = face.lines
        let scale = max(1, Int(box.width) / 160)
        let lineHeight = Float(Self.size(ofText: "0", scale: scale).height + 3 * scale)
        // Below the face where there is room, otherwise upwards from the picture's edge.
        let wanted = Float(lines.count) * lineHeight
        var y = min(box.maxY + Float(2 * scale), Float(height) - wanted)
        for text in lines {
            let room = Float(width - Self.size(ofText: text, scale: scale).width - scale)
            write(
                text,
                at: Point(x: max(Float(scale), min(box.x, room)), y: y),
                color: .white,
                background: .black,
                scale: scale
            )
            y += lineHeight
        }
    }
}

extension FaceAnalysis {
    /// What is written beside a face.
    fileprivate var lines: [String] {
        func judged<Kind: RawRepresentable<String>>(_ judgement: Judgement<Kind>?) -> String? {
            judgement.map { "\($0.kind.rawValue) \(($0.probability * 100).formatted(digits: 0))%" }
        }
        let person = [gender.map(\.kind.rawValue), age.map { "\($0.years.formatted(digits: 0))" }].compactMap(\.self)
        let angles = pose.map { pose in
            let degrees = pose.degrees
            return "yaw \(degrees.yaw.formatted(digits: 0)) pitch \(degrees.pitch.formatted(digits: 0))"
                + " roll \(degrees.roll.formatted(digits: 0))"
        }
        let all: [String?] = [
            person.isEmpty ? nil : person.joined(separator: " "), judged(expression), judged(mask), judged(liveness),
            eyes.map { "eyes \($0.right.kind.rawValue)/\($0.left.kind.rawValue)" }, angles,
            sharpness.map { "sharp \($0.formatted(digits: 0))" },
            quality.map { "quality \($0.score.formatted(digits: 2))" },
        ]
        return all.compactMap(\.self)
    }
}
