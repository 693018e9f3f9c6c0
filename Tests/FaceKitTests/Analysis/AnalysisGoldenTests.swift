// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitInference
import FaceKitTestSupport
import Foundation
import Testing

/// Decodes of the stages against what an independent runtime's outputs come to by the formulas of the model cards.
///
/// Each golden input is turned back into a picture, which the stage sees as the whole crop.
@Suite(.enabled(if: EvaluationFolders.models != nil, "FACEKIT_MODEL_MIRROR is not set"))
struct AnalysisGoldenTests {
    /// A golden file's inputs as pictures, and its outputs.
    private struct Golden {
        let pictures: [Image]
        let outputs: [String: Tensor]

        init(_ name: String) throws {
            let file = try mirroredModels().model(named: name)
            let path = URL(fileURLWithPath: file.path).deletingPathExtension().path + ".golden.npz"
            let arrays = try NumpyArchive(contentsOf: URL(fileURLWithPath: path)).arrays
            let input = try #require(arrays.first { $0.key.hasPrefix("input") }?.value)
            let description = try #require(file.card.input)
            let (count, height, width) = (input.shape[0], input.shape[2], input.shape[3])
            let floats = input.floats
            pictures = (0..<count).map { number in
                var pixels = [UInt8](repeating: 0, count: 3 * width * height)
                for plane in 0..<3 {
                    let channel = description.color == .rgb ? plane : 2 - plane
                    for place in 0..<width * height {
                        let value = floats[(number * 3 + plane) * width * height + place]
                        let level = value / description.scale[plane] + description.mean[plane]
                        pixels[3 * place + channel] = UInt8(min(max(level.rounded(), 0), 255))
                    }
                }
                return Image(width: width, height: height, validated: pixels)
            }
            outputs = Dictionary(
                uniqueKeysWithValues: arrays.filter { $0.key.hasPrefix("output:") }
                    .map { (String($0.key.dropFirst("output:".count)), $0.value) }
            )
        }

        func row(_ output: String, _ number: Int) throws -> [Float] {
            let tensor = try #require(outputs[output])
            let length = tensor.count / tensor.shape[0]
            return Array(tensor.floats[number * length..<(number + 1) * length])
        }
    }

    /// A detection whose crop at the given scale is the whole picture.
    private static func detection(_ image: Image, scale: Float, shift: Float = 0) -> FaceDetection {
        let side = Float(image.width) / scale
        let middle = Float(image.width) / 2
        return FaceDetection(
            boundingBox: BoundingBox(
                x: middle - side / 2,
                y: middle - side / 2 - shift * side,
                width: side,
                height: side
            ),
            confidence: 1
        )
    }

    private static func views(_ image: Image, scale: Float, shift: Float = 0) -> FaceViews {
        FaceViews(of: [detection(image, scale: scale, shift: shift)], in: image)
    }

    @Test(arguments: [
        ("face_landmark_68", Float(1.1), Float(0.1)), ("face_landmark_68_tiny", 1.1, 0.1),
        ("pfld_ghostone_98", 1.1, 0.05), ("facemesh_468", 1.4, 0.05),
    ])
    func denseLandmarksAreWhatTheCardSays(name: String, scale: Float, shift: Float) throws {
        let golden = try Golden(name)
        let stage = try LandmarkNetwork(model: mirroredModels().model(named: name))
        for (number, picture) in golden.pictures.enumerated() {
            let found = try stage.findings(for: Self.views(picture, scale: scale, shift: shift))[0]
            let row = try golden.row(name == "facemesh_468" ? "mesh" : "landmarks", number)
            let numbers = name == "facemesh_468" ? 3 : 2
            #expect(found.points.count == stage.scheme.count && found.points.count * numbers == row.count)
            let factor = numbers == 3 ? 1 : Float(picture.width)
            for (index, point) in found.points.enumerated() {
                // The golden input's fractions of a level, and rounding the crop's place, make less than this.
                #expect(abs(point.x - row[numbers * index] * factor) < 0.35, "\(index)")
                #expect(abs(point.y - row[numbers * index + 1] * factor) < 0.35, "\(index)")
                if numbers == 3 { #expect(abs(found.depths[index] - row[3 * index + 2]) < 0.35) }
            }
        }
    }

    @Test func fiveLandmarksComeInTheOrderOfThePoints() throws {
        let golden = try Golden("openvino_landmarks5_retail_0009")
        let stage = try LandmarkNetwork(model: mirroredModels().model(named: "openvino_landmarks5_retail_0009"))
        for (number, picture) in golden.pictures.enumerated() {
            let found = try stage.findings(for: Self.views(picture, scale: 1))[0]
            let row = try golden.row("landmarks", number)
            for (index, point) in found.fivePoints.points.enumerated() {
                #expect(abs(point.x - 48 * row[2 * index]) < 0.1 && abs(point.y - 48 * row[2 * index + 1]) < 0.1)
            }
            #expect(found.fivePoints.rightEye.x < found.fivePoints.leftEye.x)
        }
    }

    /// Yaw, pitch and roll in degrees by the formula of each card, in the convention of `HeadPose`.
    private static func angles(_ golden: Golden, _ name: String, _ number: Int) throws -> [Float] {
        switch name {
        case "headpose_lightweight_b66":
            return try ["yaw", "pitch", "roll"].map { output in
                let logits = try golden.row(output, number)
                let powers = logits.map { exp($0) }
                let sum = powers.reduce(0, +)
                return powers.enumerated().reduce(0) { $0 + $1.1 / sum * (3 * Float($1.0) + 1.5 - 99) }
            }
        case "openvino_headpose_adas_0001":
            return [
                -(try golden.row("angle_y_fc", number)[0]), -(try golden.row("angle_p_fc", number)[0]),
                try golden.row("angle_r_fc", number)[0],
            ]
        case "3ddfa_v2_mb05":
            let p = try golden.row("param", number)
            func unit(_ v: [Float]) -> [Float] {
                let length = (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]).squareRoot()
                return v.map { $0 / length }
            }
            let (r1, r2) = (unit(Array(p[0..<3])), unit(Array(p[4..<7])))
            let r3 = [
                r1[1] * r2[2] - r1[2] * r2[1], r1[2] * r2[0] - r1[0] * r2[2], r1[0] * r2[1] - r1[1] * r2[0],
            ]
            return [asin(r3[0]), -atan2(r3[1], r3[2]), -atan2(r2[0], r1[0])].map { $0 * 180 / .pi }
        default:
            return try golden.row(name.hasSuffix("upstream") ? "output" : "yaw_pitch_roll", number)
        }
    }

    @Test(arguments: [
        ("headpose_lightweight_b66", Float(1.2), Float(0)), ("fsanet_1x1", 1.3, 0), ("fsanet_var", 1.3, 0),
        ("fsanet_var_upstream", 1.3, 0), ("openvino_headpose_adas_0001", 1.1, 0), ("3ddfa_v2_mb05", 1.4, 0.1),
    ])
    func posesAreWhatTheCardSays(name: String, scale: Float, shift: Float) throws {
        let golden = try Golden(name)
        let stage = try PoseNetwork(model: mirroredModels().model(named: name))
        for (number, picture) in golden.pictures.enumerated() {
            let pose = try stage.findings(for: Self.views(picture, scale: scale, shift: shift))[0].degrees
            let wanted = try Self.angles(golden, name, number)
            #expect(abs(pose.yaw - wanted[0]) < 0.6, "\(pose) \(wanted)")
            #expect(abs(pose.pitch - wanted[1]) < 0.6, "\(pose) \(wanted)")
            #expect(abs(pose.roll - wanted[2]) < 0.6, "\(pose) \(wanted)")
        }
    }

    @Test func agesAndGendersAreWhatTheCardsSay() throws {
        let models = try mirroredModels()
        for (name, scale) in [("age_gender_tinyxception", Float(1.1)), ("openvino_age_gender_retail_0013", 1)] {
            let golden = try Golden(name)
            let (ages, genders) = (
                try AgeNetwork(model: models.model(named: name)), try GenderNetwork(model: models.model(named: name))
            )
            for (number, picture) in golden.pictures.enumerated() {
                let views = Self.views(picture, scale: scale)
                let age = try ages.findings(for: views)[0].years
                let male = try #require(genders.findings(for: views)[0].probabilities[.male])
                if name == "age_gender_tinyxception" {
                    #expect(abs(age - (try golden.row("age", number)[0])) < 0.3)
                    #expect(abs(male - (try golden.row("gender", number)[0])) < 0.02)
                } else {
                    #expect(abs(age - 100 * (try golden.row("age_conv3", number)[0])) < 0.3)
                    #expect(abs(male - (try golden.row("prob", number)[1])) < 0.02)
                }
            }
        }
        for name in ["ssrnet_age_imdb", "ssrnet_gender_imdb"] {
            let golden = try Golden(name)
            for (number, picture) in golden.pictures.enumerated() {
                let views = Self.views(picture, scale: 1.8)
                if name == "ssrnet_age_imdb" {
                    let age = try AgeNetwork(model: models.model(named: name)).findings(for: views)[0].years
                    #expect(abs(age - (try golden.row("age", number)[0])) < 1)
                } else {
                    let gender = try GenderNetwork(model: models.model(named: name)).findings(for: views)[0]
                    let wanted = try golden.row("gender", number)[0]
                    #expect(abs(try #require(gender.probabilities[.male]) - min(max(wanted, 0), 1)) < 0.05)
                }
            }
        }
    }

    @Test func alignedNetworksAreWhatTheCardsSay() throws {
        let models = try mirroredModels()
        let insight = try Golden("insightface_genderage_v1")
        for (number, picture) in insight.pictures.enumerated() {
            let face = FaceDetection(
                boundingBox: BoundingBox(x: 0, y: 0, width: 112, height: 112),
                landmarks: AlignmentTemplate.arcFace112.landmarks,
                confidence: 1
            )
            let views = FaceViews(of: [face], in: picture)
            let row = try insight.row("fc1", number)
            let age = (0..<100).count { row[2 + 2 * $0 + 1] > row[2 + 2 * $0] }
            let model = try models.model(named: "insightface_genderage_v1")
            #expect(abs(try AgeNetwork(model: model).findings(for: views)[0].years - Float(age)) <= 1)
            #expect(try GenderNetwork(model: model).findings(for: views)[0].kind == (row[1] > row[0] ? .male : .female))
        }
        let dlib = try Golden("dlib_gender_v1")
        for (number, picture) in dlib.pictures.enumerated() {
            let points = [(0.31, 0.34), (0.69, 0.34), (0.5, 0.56), (0.36, 0.72), (0.64, 0.72)].map {
                Point(x: Float($0.0) * 32, y: Float($0.1) * 32)
            }
            let face = FaceDetection(
                boundingBox: BoundingBox(x: 0, y: 0, width: 32, height: 32),
                landmarks: Landmarks(points: points),
                confidence: 1
            )
            let logits = try dlib.row("logits", number)
            let found = try GenderNetwork(model: models.model(named: "dlib_gender_v1"))
                .findings(for: FaceViews(of: [face], in: picture))[0]
            let wanted = 1 / (1 + exp(logits[0] - logits[1]))
            #expect(abs(try #require(found.probabilities[.male]) - wanted) < 0.02)
        }
    }

    @Test func expressionsAreWhatTheCardSays() throws {
        let golden = try Golden("face_expression")
        let stage = try ExpressionNetwork(model: mirroredModels().model(named: "face_expression"))
        let order: [FacialExpression] = [.neutral, .happy, .sad, .angry, .fearful, .disgusted, .surprised]
        for (number, picture) in golden.pictures.enumerated() {
            let found = try stage.findings(for: Self.views(picture, scale: 1.1))[0]
            let row = try golden.row("prob", number)
            for (kind, wanted) in zip(order, row) {
                #expect(abs(try #require(found.probabilities[kind]) - wanted) < 0.02)
            }
            #expect(row[try #require(order.firstIndex(of: found.kind))] == row.max())
        }
    }

    @Test func eyesAreClosedFirstAndOpenSecond() throws {
        let golden = try Golden("openvino_open_closed_eye_0001")
        let stage = try EyeStateNetwork(model: mirroredModels().model(named: "openvino_open_closed_eye_0001"))
        for (number, picture) in golden.pictures.enumerated() {
            // The right eye's square is the picture; the left eye lies elsewhere.
            let distance = Float(32) / 0.6
            let landmarks = Landmarks(
                rightEye: Point(x: 16, y: 16),
                leftEye: Point(x: 16 + distance, y: 16),
                noseTip: Point(x: 30, y: 40),
                rightMouthCorner: Point(x: 20, y: 60),
                leftMouthCorner: Point(x: 40, y: 60)
            )
            let face = FaceDetection(
                boundingBox: BoundingBox(x: 0, y: 0, width: 100, height: 100),
                landmarks: landmarks,
                confidence: 1
            )
            let found = try stage.findings(for: FaceViews(of: [face], in: picture))[0].right
            let row = try golden.row("prob", number)
            #expect(abs(try #require(found.probabilities[.closed]) - row[0]) < 0.02)
            #expect(abs(try #require(found.probabilities[.open]) - row[1]) < 0.02)
        }
    }

    @Test func livenessIsTheMeanOfTheNetworks() throws {
        let models = try mirroredModels()
        let names = ["minifasnet_v2", "minifasnet_v1se"]
        let members = try names.map { LivenessNetworks.Member(model: try models.model(named: $0)) }
        #expect(members.map(\.scale) == [2.7, 4])
        for (member, name) in zip(members, names) {
            let golden = try Golden(name)
            for (number, picture) in golden.pictures.enumerated() {
                // A box as large as the picture cannot be enlarged, so the crop is all of it.
                let face = FaceDetection(
                    boundingBox: BoundingBox(x: 0, y: 0, width: 80, height: 80),
                    confidence: 1
                )
                let views = FaceViews(of: [face], in: picture)
                let row = try golden.row("prob", number)
                let alone = try LivenessNetworks([member]).findings(for: views)[0]
                #expect(abs(try #require(alone.probabilities[.real]) - row[1]) < 0.02)
                #expect(alone.kind == (row[1] == row.max() ? .real : .spoof))
                let both = try LivenessNetworks(members).findings(for: views)[0]
                let other = try LivenessNetworks(members.filter { $0.model != member.model }).findings(for: views)[0]
                let mean =
                    try (#require(alone.probabilities[.real]) + #require(other.probabilities[.real])) / 2
                #expect(abs(try #require(both.probabilities[.real]) - mean) < 1e-5)
            }
        }
    }

    @Test func theMaskOfTheBoxThatIsSurestCounts() throws {
        let golden = try Golden("facemask_aizoo")
        let stage = try MaskNetwork(model: mirroredModels().model(named: "facemask_aizoo"))
        let found = try stage.findings(for: Self.views(golden.pictures[0], scale: 1.6))[0]
        #expect(found.kind == .withoutMask && found.probability > 0.5, "\(found.probability)")
    }
}
