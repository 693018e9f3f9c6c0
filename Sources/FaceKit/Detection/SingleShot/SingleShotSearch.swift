// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKitInference

/// What YuNet, RetinaFace and SCRFD do alike: lay the picture into a plane, run the network once, decode, keep the best
/// of overlapping boxes.
struct SingleShotSearch: Sendable {
    private(set) var configuration: SingleShotConfiguration
    /// Used where the configuration says nothing.
    private let usual: (minimumConfidence: Float, maximumOverlap: Float)
    private let cutsToPixels: Bool
    private let model: LoadedModel
    private let input: ModelInput
    private let decoder: any SingleShotDecoder
    /// Columns and rows of the plane, for a network that takes no other.
    private let fixedSides: (width: Int, height: Int)?

    /// Reads the network.
    ///
    /// - Parameters:
    ///   - file: The network.
    ///   - configuration: What to look for.
    ///   - compute: How to compute.
    ///   - minimumConfidence: Used where the configuration says nothing.
    ///   - maximumOverlap: Used where the configuration says nothing.
    ///   - cutsToPixels: Whether overlaps are measured on whole pixels.
    ///   - makeDecoder: Makes what reads the outputs.
    /// - Throws: What the initialisers of the detectors throw.
    init(
        model file: ModelFile,
        configuration: SingleShotConfiguration,
        compute: ComputeOptions,
        minimumConfidence: Float,
        maximumOverlap: Float,
        cutsToPixels: Bool = false,
        makeDecoder: (LoadedModel) throws(FaceError) -> any SingleShotDecoder
    ) throws(FaceError) {
        try configuration.validate()
        self.configuration = configuration
        usual = (minimumConfidence, maximumOverlap)
        self.cutsToPixels = cutsToPixels
        model = try LoadedModel(file, compute: compute)
        input = try model.pictureInput
        decoder = try makeDecoder(model)
        let shape = model.network.inputs[0].shape
        if let shape, shape.count == 4, let height = shape[2], let width = shape[3] {
            guard 1...16384 ~= width, 1...16384 ~= height else {
                throw FaceError(
                    .invalidModel,
                    "the model \(file.card.name) wants pictures of \(width)×\(height) pixels"
                )
            }
            fixedSides = (width, height)
        } else {
            fixedSides = nil
        }
    }

    /// The same network with another configuration.
    ///
    /// - Throws: ``FaceError/Code/invalidConfiguration`` for a number that makes no sense.
    func configured(_ configuration: SingleShotConfiguration) throws(FaceError) -> SingleShotSearch {
        try configuration.validate()
        var search = self
        search.configuration = configuration
        return search
    }

    /// Returns faces by falling confidence.
    func detectFaces(in picture: SearchedPicture) throws(FaceError) -> [FaceDetection] {
        var faces = try search(picture)
        if configuration.searchesCloseUps {
            faces = try CloseUp.faces(
                after: faces,
                size: (picture.width, picture.height),
                maximumSide: configuration.maximumSide
            ) { share throws(FaceError) in
                let closeUp = try CloseUp(of: picture, maximumSide: configuration.maximumSide, share: share)
                return try search(.image(closeUp.picture)).map(closeUp.inPicture)
            }
        }
        faces.removeAll { min($0.boundingBox.width, $0.boundingBox.height) < configuration.minimumFaceSize }
        return Array(faces.prefix(configuration.maximumFaces ?? faces.count))
    }

    private func search(_ picture: SearchedPicture) throws(FaceError) -> [FaceDetection] {
        let (width, height) = planeSides(for: picture)
        let most = fixedSides ?? (configuration.maximumSide, configuration.maximumSide)
        // A picture that is not scaled need not be there when the network begins.
        if case .source(let source) = picture, source.width <= most.width, source.height <= most.height {
            let found = try source.whileDecoding { pixels throws(FaceError) in
                try faces(in: input.tensor(of: pixels, width: width, height: height), width: width, height: height)
            }
            if let found { return found }
        }
        let placement = try InputPlacement(picture, maximumWidth: most.width, maximumHeight: most.height)
        let tensor = input.tensor(of: [placement.content], width: width, height: height)
        return try faces(in: tensor, width: width, height: height).map(placement.inPicture)
    }

    /// Returns faces by falling confidence, in pixels of the plane.
    private func faces(in plane: Tensor, width: Int, height: Int) throws(FaceError) -> [FaceDetection] {
        let candidates = try decoder.detections(
            in: model.run(plane),
            width: width,
            height: height,
            minimumConfidence: configuration.minimumConfidence ?? usual.minimumConfidence
        )
        return NonMaximumSuppression(
            threshold: configuration.maximumOverlap ?? usual.maximumOverlap,
            cutsToPixels: cutsToPixels
        )
        .keptIndices(of: candidates.map(\.boundingBox), confidences: candidates.map(\.confidence))
        .map { candidates[$0] }
    }

    /// The plane a picture is searched in: large enough for the picture, or for as much as the configuration allows.
    private func planeSides(for picture: SearchedPicture) -> (width: Int, height: Int) {
        if let fixedSides { return fixedSides }
        let scale = min(1, Double(configuration.maximumSide) / Double(max(picture.width, picture.height)))
        let step = decoder.largestStride
        func padded(_ side: Int) -> Int {
            (max(1, Int((Double(side) * scale).rounded())) + step - 1) / step * step
        }
        return (padded(picture.width), padded(picture.height))
    }
}
