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
        let boxes = faces.map(\.detection.boundingBox)
        return drawing { canvas in
            for face in faces { canvas.mark(face) }
            for (index, face) in faces.enumerated() {
                // Other faces come later in the order only by chance: none of them may be written over.
                canvas.write(face, besides: boxes.indices.filter { $0 != index }.map { boxes[$0] })
            }
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
    }

    /// Writes what is told of a face beside its box, where there is room that no other face takes; below the box, as many
    /// lines as fit, where there is none.
    fileprivate mutating func write(_ face: FaceAnalysis, besides others: [BoundingBox]) {
        let box = face.detection.boundingBox
        var lines = face.lines
        guard box.width >= 24, !lines.isEmpty else { return }
        let scale = max(1, Int(box.width) / 160)
        let gap = Float(2 * scale)
        let lineHeight = Float(Self.size(ofText: "0", scale: scale).height) + 1.5 * gap
        let textWidth = Float(lines.map { Self.size(ofText: $0, scale: scale).width }.max() ?? 0) + 2 * gap
        let textHeight = Float(lines.count) * lineHeight
        let (lastX, lastY) = (Float(width) - textWidth, Float(height) - textHeight)
        let corners = [
            Point(x: box.x, y: box.maxY + gap), Point(x: box.maxX + gap, y: min(max(box.y, gap), lastY)),
            Point(x: box.x - textWidth, y: min(max(box.y, gap), lastY)), Point(x: box.x, y: box.y - textHeight),
        ]
        let place = corners.map { Point(x: min(max($0.x, gap), max(gap, lastX)), y: $0.y) }.first { corner in
            let area = BoundingBox(x: corner.x, y: corner.y, width: textWidth, height: textHeight)
            let isInside = area.x >= 0 && area.y >= 0 && area.maxX <= Float(width) && area.maxY <= Float(height)
            return isInside && (others + [box]).allSatisfy { $0.intersectionArea(with: area) == 0 }
        }
        let start = place ?? Point(x: min(max(box.x, gap), max(gap, lastX)), y: min(box.maxY + gap, Float(height)))
        if place == nil { lines = Array(lines.prefix(max(0, Int((Float(height) - start.y) / lineHeight)))) }
        for (index, text) in lines.enumerated() {
            write(
                text,
                at: Point(x: start.x, y: start.y + Float(index) * lineHeight),
                color: .white,
                background: .black,
                scale: scale
            )
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
