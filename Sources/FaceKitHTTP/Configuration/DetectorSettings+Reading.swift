// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension DetectorSettings {
    /// Reads the settings below `path`, with these as defaults.
    mutating func read(_ path: String, from reader: inout ConfigurationReader) {
        name = reader.choice("\(path).detector", of: Self.names, default: name)
        model = reader.optionalString("\(path).detector_model") ?? model
        minimumConfidence = reader.number("\(path).min_confidence", default: minimumConfidence ?? 0.6, in: 0...1)
        minimumFaceSize = reader.number("\(path).min_face_size", default: minimumFaceSize ?? 0, in: 0...10_000)
        maximumSide = reader.int("\(path).max_detect_size", default: maximumSide, in: 16...32_768)
    }
}
