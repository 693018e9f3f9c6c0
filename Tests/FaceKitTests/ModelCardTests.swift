// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import FaceKit
import FaceKitTestSupport
import Foundation
import Testing

@Suite struct ModelCardTests {
    static let json = """
        {"name": "small", "task": "embedding", "file": "small.onnx", "bytes": 5, "license": "MIT",
         "sha256": "2ac8b5038edf039c96b8b792c64148c50536f65140302ace4ca80679b9e5dce8", "unknown": [1, {"a": null}],
         "input": {"width": 112, "height": "dynamic", "color": "BGR", "mean": 127.5, "scale": [1, 2, 3], "name": "x"},
         "output": {"name": "embedding", "dim": 4}, "metric": "cosine", "threshold": {"far_1e3": 0.25, "lfw_best": 0.2},
         "alignment": {"template": [[1, 2], [3, 4], [5, 6], [7, 8], [9, 10]], "template_size": [112, 96],
          "landmark_order": ["nose tip", "image-left eye", "image-right eye", "image-right mouth corner",
                             "image-left mouth corner"]}}
        """

    private static func card(_ json: String = json) throws(FaceError) -> ModelCard {
        try ModelCard(decoding: Array(json.utf8), from: "small.json")
    }

    @Test func aCardIsReadWithWhatItSays() throws {
        let card = try Self.card()
        #expect(card.name == "small" && card.bytes == 5 && card.license == "MIT" && card.metric == "cosine")
        #expect(card.input?.width == 112 && card.input?.height == nil && card.input?.color == .bgr)
        #expect(card.input?.mean == [127.5, 127.5, 127.5] && card.input?.scale == [1, 2, 3])
        #expect(card.outputs == ["embedding"])
        #expect(card.threshold?.rawValue == 0.25)
    }

    @Test func landmarksAreSortedByTheirNames() throws {
        let template = try #require(try Self.card().alignment)
        #expect(template.width == 112 && template.height == 96)
        #expect(template.landmarks.points.map(\.x) == [3, 5, 1, 9, 7])
    }

    @Test func aNetworkThatTakesTheFacesBoxSaysTheMargin() throws {
        let start = try #require(Self.json.range(of: "\"alignment\""))
        let card = try Self.card(Self.json[..<start.lowerBound] + "\"alignment\": {\"type\": \"box\", \"margin\": 32}}")
        #expect(card.cropMargin == 32 && card.alignment == nil)
        let written = try JSONEncoder().encode(card)
        #expect(try ModelCard(decoding: [UInt8](written), from: "again") == card)
    }

    @Test func whatIsWrittenIsReadAgain() throws {
        let card = try Self.card()
        let written = try JSONEncoder().encode(card)
        #expect(try ModelCard(decoding: [UInt8](written), from: "again") == card)
    }

    @Test(arguments: [
        ("\"task\": \"embedding\", ", "", "task is missing"),
        ("\"bytes\": 5", "\"bytes\": \"5\"", "bytes"),
        ("\"bytes\": 5", "\"bytes\": -1", "bytes: -1"),
        ("2ac8b503", "2AC8B503", "sha256"),
        ("\"width\": 112", "\"width\": 0", "input.width: 0"),
        ("\"height\": \"dynamic\"", "\"height\": \"tall\"", "input.height"),
        ("\"BGR\"", "\"CMYK\"", "input.color"),
        ("\"scale\": [1, 2, 3]", "\"scale\": [1, 2]", "input.scale: 2"),
        ("[9, 10]]", "[9]]", "alignment.template"),
        ("[112, 96]", "[112]", "alignment.template_size"),
        ("nose tip", "ear", "alignment.landmark_order"),
        ("small.onnx", "../small.onnx", "file: \"../small.onnx\" is no name"),
        ("small.onnx", ".small", "file: \".small\" is no name"),
        (
            "\"metric\"", "\"companions\": [{\"file\": \"/etc/passwd\", \"bytes\": 1, \"sha256\": \"0\"}], \"metric\"",
            "/etc/passwd"
        ),
        ("{\"template\"", "{\"type\": \"box\", \"template\"", "alignment.margin is missing"),
        ("{\"name\"", "[", "not JSON"),
    ])
    func aDamagedCardIsRefusedWithFileAndKey(part: String, replacement: String, message: String) {
        let damaged = Self.json.replacingOccurrences(of: part, with: replacement)
        let error = #expect(throws: FaceError.self) { try Self.card(damaged) }
        #expect(error?.code == .invalidModelCard)
        #expect(error?.message.contains("small.json") == true)
        #expect(error?.description.contains(message) == true, "\(String(describing: error))")
    }

    @Test(.enabled(if: EvaluationFolders.models != nil, "FACEKIT_MODEL_MIRROR is not set"))
    func everyCardOfTheMirrorIsUsable() throws {
        let models = try mirroredModels().installedModels()
        #expect(models.count > 40)
        for model in models {
            #expect(throws: Never.self) { try model.card.get() }
        }
    }
}
