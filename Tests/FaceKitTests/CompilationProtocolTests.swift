// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import Testing

// Types outside the library that conform to every public protocol: a new requirement without a default breaks the
// build here and not at users' desks.

private struct CornerDetector: Detector {
    func detectFaces(in image: Image) throws -> [FaceDetection] {
        [FaceDetection(boundingBox: BoundingBox(x: 0, y: 0, width: 1, height: 1), confidence: 1)]
    }
}

private struct WholePictureAligner: Aligner {
    func align(_ face: FaceDetection, in image: Image) throws -> AlignedFace {
        AlignedFace(image: image)
    }
}

private struct FirstPixelEmbedder: Embedder {
    let space = "first-pixel"

    func embed(_ faces: [AlignedFace]) throws -> [Embedding] {
        try faces.map { try Embedding(space: space, normalizing: $0.image.pixels.prefix(3).map(Float.init)) }
    }
}

private struct EqualityMatcher: Matcher {
    func similarity(of probe: Embedding, to reference: Embedding) throws -> Similarity {
        Similarity(rawValue: probe == reference ? 1 : 0)
    }
}

private struct TargetKeepingFuser: Fuser {
    func fuse(_ source: FusionFace, into target: FusionFace) throws -> Image {
        target.image
    }
}

private struct WidthAnalyzer: FaceAnalyzer {
    let name = "width"
    let crops = [FaceCrop(.box(scale: 1), width: 2, height: 2)]

    func findings(for faces: FaceViews) throws -> [Double] {
        try zip(faces.detections, faces.crops(crops[0])).map { Double($0.boundingBox.width) + Double($1.image.width) }
    }
}

@Suite struct CompilationProtocolTests {
    @Test func aPipelineRunsWithStagesThatTheLibraryDoesNotKnow() throws {
        let image = try Image(width: 1, height: 2, pixels: [3, 4, 0, 9, 9, 9])
        let pipeline = FacePipeline(
            detector: CornerDetector(),
            aligner: WholePictureAligner(),
            embedder: FirstPixelEmbedder()
        )
        let faces = try pipeline.faces(in: image)
        #expect(faces.map(\.embedding.vector) == [[0.6, 0.8, 0]])
        #expect(try pipeline.mainFace(in: image) == faces.first)
        let similarity = try EqualityMatcher().similarity(of: faces[0].embedding, to: faces[0].embedding)
        #expect(similarity.rawValue == 1)
        let face = FusionFace(image: image, detection: faces[0].detection)
        #expect(try TargetKeepingFuser().fuse(face, into: face) == image)
        var stages = AnalysisStages()
        stages.sharpness = WidthAnalyzer()
        #expect(try stages.analyze(faces.map(\.detection), in: image).map(\.sharpness) == [3])
    }
}
