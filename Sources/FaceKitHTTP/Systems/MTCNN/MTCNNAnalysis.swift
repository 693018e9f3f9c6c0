// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Foundation

/// What mtcnn_demo says about a picture: the faces it keeps, why it drops the others, and the marked picture.
struct MTCNNAnalysis: Sendable {
    private struct Face {
        var detection: FaceDetection
        var blur = 0.0
        var pose = FaceAttributes.Pose(pitch: 0, yaw: 0, roll: 0)
        var aligned: Image?
        var drop: Drop?
    }

    private enum Drop {
        case confidence, blur, pose
    }

    /// A picture of the answer as a file.
    private struct File {
        var name: String
        var image: Image
    }

    /// The object of the answer.
    let json: JSON
    private let files: [File]

    /// Analyses a picture.
    init(of source: ImageSource, settings: MTCNNSettings, _ work: FaceWork) throws {
        let image = try work.whole(source)
        let detections = try work.detect(in: source)
        let aligner = FivePointAligner()
        var faces = detections.map { Face(detection: $0) }
        for index in faces.indices {
            guard faces[index].detection.confidence >= settings.confidenceThreshold else {
                faces[index].drop = .confidence
                continue
            }
            let aligned = try aligner.align(faces[index].detection, in: image).image
            faces[index].aligned = aligned
            faces[index].blur = work.timed("blur") { aligned.laplacianVariance }
            if faces[index].blur < Double(settings.blurThreshold) { faces[index].drop = .blur }
        }
        let sharp = faces.indices.filter { faces[$0].drop == nil }
        let attributes = try work.attributes(of: sharp.map { faces[$0].detection }, in: source)
        for (index, attributes) in zip(sharp, attributes) {
            guard let pose = attributes.pose else { continue }
            faces[index].pose = pose
            if abs(pose.yaw) > settings.yawThreshold || abs(pose.pitch) > settings.pitchThreshold
                || abs(pose.roll) > settings.rollThreshold
            {
                faces[index].drop = .pose
            }
        }
        let kept = faces.filter { $0.drop == nil }
        let crops = kept.map { Crops(of: $0, in: image) }
        let marked = faces.isEmpty ? image : Self.marked(image, faces, settings)
        func dropped(_ drop: Drop) -> JSON { .int(faces.count { $0.drop == drop }) }
        json = [
            "image_id": .text(Self.identifier()),
            "face_total": .int(faces.count),
            "face_total_resp": .int(faces.count),
            "face_confidence_neglect_total_resp": dropped(.confidence),
            "face_blur_neglect_total_resp": dropped(.blur),
            "face_hopenet_neglect_total_resp": dropped(.pose),
            "face_efficient_total_resp": .int(kept.count),
            "resp": .array(try zip(kept, crops).map { try Self.message($0, $1, work) }),
            "mark_image_face_b64": try Self.base64(marked, .jpeg(quality: 95), work),
        ]
        files =
            zip(kept, crops).flatMap(Self.files) + [File(name: "\(Self.shortName())_mark_image_.jpg", image: marked)]
    }

    /// What is cut out of the picture for a face.
    private struct Crops {
        /// The part of the box that shows something.
        let native: Image
        /// The box and 30 pixels on each side, black beside the picture.
        let wide: Image

        init(of face: Face, in image: Image) {
            let (x, y, width, height) = MTCNNAnalysis.box(of: face)
            let (left, top) = (min(max(x, 0), image.width - 1), min(max(y, 0), image.height - 1))
            let (right, bottom) = (
                min(max(x + width, left + 1), image.width), min(max(y + height, top + 1), image.height)
            )
            native = image.cropped(x: left, y: top, width: right - left, height: bottom - top)
            let margin = 30
            wide = image.cropped(
                x: x - margin,
                y: y - margin,
                width: width + 2 * margin,
                height: height + 2 * margin
            )
        }
    }

    private static func box(of face: Face) -> (x: Int, y: Int, width: Int, height: Int) {
        let box = face.detection.boundingBox
        return (whole(box.x), whole(box.y), max(1, whole(box.width)), max(1, whole(box.height)))
    }

    private static func message(_ face: Face, _ crops: Crops, _ work: FaceWork) throws -> JSON {
        let (x, y, width, height) = box(of: face)
        return [
            "face_id": .text(identifier()),
            "face_blur": .double(face.blur),
            "face_pose": [
                "pitch": .float(face.pose.pitch), "yaw": .float(face.pose.yaw), "roll": .float(face.pose.roll),
            ],
            "face_confidence": .float(face.detection.confidence),
            "face_coordinate": [.int(x), .int(y), .int(width), .int(height)],
            "facie5points": landmarks(face.detection.landmarks),
            "face_native_image_b64": try base64(crops.native, .jpeg(quality: 95), work),
            "face_native_images_b64": try base64(crops.wide, .png, work),
            "face_align_images_b64": try face.aligned.map { try base64($0, .png, work) } ?? "",
        ]
    }

    /// The files of a face under the names that the original gives them.
    private static func files(_ face: Face, _ crops: Crops) -> [File] {
        let id = shortName()
        let (confidence, blur) = (String(format: "%.5f", face.detection.confidence), String(format: "%.0f", face.blur))
        let pose = String(format: "p_%.2f_y_%.2f_r_%.2f", face.pose.pitch, face.pose.yaw, face.pose.roll)
        var files = [
            File(name: "\(id)_\(confidence)_native_image_.jpg", image: crops.native),
            File(name: "\(id)_native_images_.jpg", image: crops.wide),
        ]
        if let aligned = face.aligned {
            files.append(File(name: "\(id)_\(blur).jpg", image: aligned))
            files.append(File(name: "\(id)\(pose)_\(blur)_.jpg", image: aligned))
        }
        return files
    }

    /// Writes the crops of the faces that are kept, and the marked picture.
    func write(into folder: PictureFolder) throws {
        for file in files { try folder.write(file.image.encoded(as: .jpeg(quality: 95)), as: file.name) }
    }

    private static func shortName() -> String { String(identifier().prefix(5)) }

    /// The five points; left is the viewer's left here.
    private static func landmarks(_ landmarks: Landmarks?) -> JSON {
        guard let landmarks else { return [:] }
        func point(_ point: Point) -> JSON { [.int(whole(point.x)), .int(whole(point.y))] }
        return [
            "left_eye": point(landmarks.rightEye), "right_eye": point(landmarks.leftEye),
            "nose": point(landmarks.noseTip),
            "mouth_left": point(landmarks.rightMouthCorner), "mouth_right": point(landmarks.leftMouthCorner),
        ]
    }

    private static func marked(_ image: Image, _ faces: [Face], _ settings: MTCNNSettings) -> Image {
        let magenta = PixelColor(red: 255, green: 0, blue: 255)
        let scale = max(1, max(image.width, image.height) / 800)
        let line = ImageCanvas.size(ofText: "0", scale: scale).height + 2 * scale
        return image.drawing { canvas in
            for face in faces {
                let box = face.detection.boundingBox
                let isSure = face.detection.confidence > settings.confidenceThreshold
                canvas.strokeBox(box, color: isSure ? .blue : magenta, lineWidth: 2)
                canvas.write(
                    String(format: "%.5f", face.detection.confidence),
                    at: Point(x: box.x, y: max(0, box.y - Float(line))),
                    color: isSure ? .blue : magenta,
                    scale: scale
                )
                guard face.drop != .confidence else { continue }
                canvas.write(
                    String(format: "%.0f", face.blur),
                    at: Point(x: box.maxX + Float(2 * scale), y: box.maxY - Float(line)),
                    color: face.drop == .blur ? magenta : .blue,
                    scale: scale
                )
                guard face.drop != .blur else { continue }
                for (row, angle) in [face.pose.pitch, face.pose.yaw, face.pose.roll].enumerated() {
                    canvas.write(
                        String(format: "%.2f", angle),
                        at: Point(x: box.maxX + Float(2 * scale), y: box.y + Float(row * line)),
                        color: face.drop == .pose ? magenta : .blue,
                        scale: scale
                    )
                }
            }
        }
    }

    private static func base64(_ image: Image, _ encoding: ImageEncoding, _ work: FaceWork) throws -> JSON {
        try work.timed("encode") { .text(Base64.encode(try image.encoded(as: encoding))) }
    }

    /// Coordinates of faces lie near the picture; what does not is a detector's nonsense and must not trap.
    private static func whole(_ value: Float) -> Int { Int(min(max(value, -1e6), 1e6).rounded(.towardZero)) }

    private static func identifier() -> String {
        UUID().uuidString.filter { $0 != "-" }.lowercased()
    }
}
