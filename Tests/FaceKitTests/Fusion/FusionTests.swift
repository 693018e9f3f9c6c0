// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitTestSupport
import Foundation
import Testing

@Suite(
    .enabled(
        if: EvaluationFolders.models != nil && EvaluationFolders.pictures != nil,
        "FACEKIT_MODEL_MIRROR or FACEKIT_EVAL is not set"
    )
)
struct FusionTests {
    private static let fusers: [any Fuser] = [AlphaFuser(), MorphFuser(), SeamlessFuser()]

    private static func face(_ file: String, model: String = "facemesh_468") throws -> FusionFace {
        let models = try mirroredModels()
        let folder = try #require(EvaluationFolders.pictures).path
        return try #require(
            try FusionFace(
                in: Image(contentsOfFile: "\(folder)/\(file)"),
                detector: YuNetDetector(model: models.model(named: "yunet_n")),
                landmarks: LandmarkNetwork(model: models.model(named: model))
            )
        )
    }

    /// A face that fills its picture, and one in the middle of a larger one.
    private static func pair(model: String = "facemesh_468") throws -> (FusionFace, FusionFace) {
        let folder = try #require(EvaluationFolders.pictures).path + "/attributes-dev/images/utkface"
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted().filter { $0.hasPrefix("3") }
        return (
            try face("attributes-dev/images/utkface/" + files[3], model: model),
            try face("lfw-dev/images/Aaron_Patterson/Aaron_Patterson_0001.jpg", model: model)
        )
    }

    private static func meanDifference(_ a: Image, _ b: Image, in box: BoundingBox) -> Double {
        var (sum, count) = (0, 0)
        for y in max(0, Int(box.y))..<min(a.height, Int(box.maxY)) {
            for x in max(0, Int(box.x))..<min(a.width, Int(box.maxX)) {
                for channel in 0..<3 {
                    let index = 3 * (y * a.width + x) + channel
                    sum += abs(Int(a.pixels[index]) - Int(b.pixels[index]))
                    count += 1
                }
            }
        }
        return Double(sum) / Double(max(1, count))
    }

    @Test(arguments: ["facemesh_468", "pfld_ghostone_98", "face_landmark_68"])
    func theFaceChangesAndTheRestDoesNot(model: String) throws {
        let (source, target) = try Self.pair(model: model)
        for fuser in Self.fusers {
            let fused = try fuser.fuse(source, into: target)
            #expect(fused.width == target.image.width && fused.height == target.image.height)
            #expect(Self.meanDifference(fused, target.image, in: target.detection.boundingBox) > 2, "\(fuser)")
            // The corners of the picture are beyond every face.
            let corner = BoundingBox(x: 0, y: 0, width: 6, height: 6)
            #expect(Self.meanDifference(fused, target.image, in: corner) == 0, "\(fuser)")
        }
    }

    @Test func aFaceFusedIntoItselfStaysWhatItIs() throws {
        let (face, _) = try Self.pair()
        for fuser in Self.fusers {
            let fused = try fuser.fuse(face, into: face)
            #expect(Self.meanDifference(fused, face.image, in: face.detection.boundingBox) < 0.6, "\(fuser)")
        }
    }

    @Test func theWeightDecidesHowMuchShows() throws {
        let (source, target) = try Self.pair()
        var configuration = FusionConfiguration()
        configuration.weight = 0
        for fuser: any Fuser in [
            AlphaFuser(configuration: configuration), MorphFuser(configuration: configuration),
            SeamlessFuser(configuration: configuration),
        ] {
            let fused = try fuser.fuse(source, into: target)
            #expect(Self.meanDifference(fused, target.image, in: target.detection.boundingBox) < 0.1, "\(fuser)")
        }
        var changes: [Double] = []
        for weight: Float in [0.25, 0.5, 1] {
            configuration.weight = weight
            let fused = try SeamlessFuser(configuration: configuration).fuse(source, into: target)
            changes.append(Self.meanDifference(fused, target.image, in: target.detection.boundingBox))
        }
        #expect(changes == changes.sorted() && changes[2] > 1.5 * changes[0], "\(changes)")
    }

    /// The picture, and the face with it, cut off or moved.
    private static func cropped(_ face: FusionFace, x: Int, y: Int, width: Int, height: Int) throws -> FusionFace {
        func moved(_ point: Point) -> Point { Point(x: point.x - Float(x), y: point.y - Float(y)) }
        let landmarks = try #require(face.landmarks)
        var box = face.detection.boundingBox
        box.x -= Float(x)
        box.y -= Float(y)
        return FusionFace(
            image: face.image.cropped(x: x, y: y, width: width, height: height),
            detection: FaceDetection(boundingBox: box, confidence: face.detection.confidence),
            landmarks: DenseLandmarks(scheme: landmarks.scheme, points: landmarks.points.map(moved))
        )
    }

    @Test func facesAtTheBorderAreFusedAsFarAsTheyReach() throws {
        let (source, target) = try Self.pair()
        let middle = Int(target.detection.boundingBox.center.x)
        let half = try Self.cropped(
            target,
            x: middle,
            y: 0,
            width: target.image.width - middle,
            height: target.image.height
        )
        let halfSource = try Self.cropped(
            source,
            x: 0,
            y: 0,
            width: Int(source.detection.boundingBox.center.x),
            height: 200
        )
        for fuser in Self.fusers {
            let fused = try fuser.fuse(source, into: half)
            #expect(fused.width == half.image.width && fused.height == half.image.height)
            #expect(Self.meanDifference(fused, half.image, in: half.detection.boundingBox) > 1)
            // Nothing but black lies beyond the source's edge, and none of it may come in.
            let dark = try fuser.fuse(halfSource, into: target)
            let blackBefore = target.image.pixels.count { $0 < 8 }
            #expect(dark.pixels.count { $0 < 8 } < blackBefore + target.image.pixels.count / 100)
        }
    }

    @Test func facesThatCannotBeFusedAreErrorsThatSayWhy() throws {
        let (source, target) = try Self.pair()
        let landmarks = try #require(source.landmarks)
        func changed(_ transform: (Point) -> Point) -> FusionFace {
            var face = source
            face.landmarks = DenseLandmarks(scheme: landmarks.scheme, points: landmarks.points.map(transform))
            return face
        }
        var bare = source
        bare.landmarks = nil
        var few = source
        few.landmarks = DenseLandmarks(scheme: .points5, points: Array(landmarks.points.prefix(5)))
        var other = source
        other.landmarks = DenseLandmarks(scheme: .points68, points: try #require(landmarks.points68))
        let cases: [(FusionFace, String)] = [
            (bare, "0 landmarks"), (few, "5 landmarks"), (other, "68 and 468"),
            (changed { Point(x: $0.x / 20, y: $0.y / 20) }, "too small"),
            (changed { Point(x: .nan, y: $0.y) }, "far outside"),
            (changed { Point(x: $0.x + 2e6, y: $0.y) }, "far outside"),
            (changed { _ in Point(x: 5, y: 5) }, "too small"), (changed { Point(x: $0.x, y: $0.x) }, "line"),
        ]
        for (face, words) in cases {
            for fuser in Self.fusers {
                let error = #expect(throws: FaceError.self, "\(words)") { try fuser.fuse(face, into: target) }
                #expect(error?.message.contains(words) == true, "\(String(describing: error)) \(words)")
            }
        }
        let outside = FusionFace(
            image: target.image,
            detection: target.detection,
            landmarks: DenseLandmarks(
                scheme: landmarks.scheme,
                points: try #require(target.landmarks).points.map { Point(x: $0.x + 5000, y: $0.y) }
            )
        )
        let error = #expect(throws: FaceError.self) { try SeamlessFuser().fuse(source, into: outside) }
        #expect(error?.message.contains("outside") == true)
        var configuration = FusionConfiguration()
        configuration.weight = 1.5
        let invalid = #expect(throws: FaceError.self) {
            try SeamlessFuser(configuration: configuration).fuse(source, into: target)
        }
        #expect(invalid?.code == .invalidConfiguration)
    }

    @Test func anAverageOfOneFaceShowsItAndOfNoneIsAnError() throws {
        let (one, other) = try Self.pair()
        let average = try FaceAverage(width: 240, height: 300).average(of: [one, other])
        #expect(average.width == 240 && average.height == 300)
        let again = try FaceAverage(width: 240, height: 300).average(of: [one, other])
        #expect(average == again)
        let error = #expect(throws: FaceError.self) { try FaceAverage().average(of: []) }
        #expect(error?.code == .invalidConfiguration)
    }
}
