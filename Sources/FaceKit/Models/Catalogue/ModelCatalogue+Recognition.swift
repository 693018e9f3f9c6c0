// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension ModelCatalogue {
    private static func embedder(
        _ name: String,
        aliases: [String] = [],
        summary: String,
        homepage: String,
        license: ModelLicense,
        files: [CatalogueModel.File] = [],
        obstacle: CatalogueModel.Obstacle? = nil,
        network: String? = nil,
        input: ModelInput? = nil,
        outputs: [String] = [],
        alignment: AlignmentTemplate? = .arcFace112,
        cropMargin: Int? = nil,
        thresholds: [String: Float] = [:]
    ) -> CatalogueModel {
        CatalogueModel(
            name,
            aliases: aliases,
            task: "embedding",
            folder: "recognition",
            summary: summary,
            homepage: homepage,
            license: license,
            files: files,
            obstacle: obstacle,
            network: network,
            input: input,
            outputs: outputs,
            alignment: obstacle == nil ? alignment : nil,
            cropMargin: cropMargin,
            metric: obstacle == nil ? "cosine" : nil,
            thresholds: thresholds
        )
    }

    /// ArcFace networks take pixels in -1...1, those of InsightFace and those trained like them.
    private static let arcFaceInput = ModelInput.picture(112, 112, .rgb, mean: [127.5, 127.5, 127.5], scale: 1 / 127.5)

    private static let insightFaceHome = "https://github.com/deepinsight/insightface/tree/master/model_zoo"

    static let recognitionModels: [CatalogueModel] = [
        embedder(
            "face_reidentification_retail_0095",
            aliases: ["face-reidentification-retail-0095"],
            summary: "MobileFaceNet-like, 256 numbers, LFW 99.4 %",
            homepage:
                "https://github.com/openvinotoolkit/open_model_zoo/tree/master/models/intel/face-reidentification-retail-0095",
            license: .apache.noting("Intel Open Model Zoo. Trained on VGGFace2, whose own terms were not checked."),
            files: ModelCatalogue.openVINO(
                as: "face_reidentification_retail_0095",
                directories: [
                    "https://storage.openvinotoolkit.org/repositories/open_model_zoo/2023.0/models_bin/1/face-reidentification-retail-0095/FP16",
                    "https://raw.githubusercontent.com/MisterFoziljon/OpenVino-Face-Recognition/e5c5661ba6ff6156d827dd795107af025f0b2ca3/models/face-reidentification-retail-0095/FP16",
                ],
                published: "face-reidentification-retail-0095",
                xml: (350_427, "ce53d2c9c08c0bd1c1660fb8a5b6d0e3e4ec19eb92f1036d2d83a85e83082dce"),
                bin: (2_213_628, "241229ca3d206321868d46ce74a3c0b06c49cea58db7dc70b2e842ff287545d1")
            ),
            input: .picture(128, 128, .bgr),
            outputs: ["658"],
            alignment: AlignmentTemplate(
                landmarks: Landmarks(
                    rightEye: Point(x: 40.3928, y: 59.081486),
                    leftEye: Point(x: 87.375733, y: 59.081486),
                    noseTip: Point(x: 64.0336, y: 81.984686),
                    rightMouthCorner: Point(x: 44.7324, y: 105.560571),
                    leftMouthCorner: Point(x: 83.639867, y: 105.560571)
                ),
                width: 128,
                height: 128
            ),
            thresholds: ["lfw_best": 0.276, "far_1e3": 0.307]
        ),
        embedder(
            "sface_2021dec",
            aliases: ["sface", "face_recognition_sface_2021dec"],
            summary: "SFace, MobileFaceNet, 128 numbers, LFW 99.4 %",
            homepage: "https://github.com/opencv/opencv_zoo/tree/main/models/face_recognition_sface",
            license: .apache,
            files: [
                .init(
                    "sface_2021dec.onnx",
                    bytes: 38_696_353,
                    sha256: "0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79",
                    sources: [
                        .address(
                            "https://media.githubusercontent.com/media/opencv/opencv_zoo/47534e27c9851bb1128ccc0102f1145e27f23f98/models/face_recognition_sface/face_recognition_sface_2021dec.onnx"
                        )
                    ]
                )
            ],
            input: .picture(112, 112, .rgb),
            outputs: ["fc1"],
            thresholds: ["published": 0.363]
        ),
        embedder(
            "facenet_20180402_114759",
            aliases: ["20180402-114759", "facenet_vggface2"],
            summary: "FaceNet, Inception-ResNet-v1 on VGGFace2, 512 numbers, LFW 99.65 %",
            homepage: "https://github.com/timesler/facenet-pytorch",
            license: .mit.noting(
                "facenet-pytorch's copy of davidsandberg/facenet 20180402-114759, whose TensorFlow graph is not read."
                    + " Trained on VGGFace2."
            ),
            files: [
                .init(
                    "facenet_20180402_114759.pt",
                    bytes: 111_898_327,
                    sha256: "281cebca8662831adb987a874bdcb36e73f5b1c6dc5ee5878f305e985625d99b",
                    sources: [
                        .address(
                            "https://github.com/timesler/facenet-pytorch/releases/download/v2.2.9/20180402-114759-vggface2.pt"
                        )
                    ]
                )
            ],
            network: "inception_resnet_v1",
            input: .picture(160, 160, .rgb, mean: [127.5, 127.5, 127.5], scale: 1 / 128),
            outputs: ["embedding"],
            alignment: nil,
            cropMargin: 32
        ),
        embedder(
            "facenet_20180408_102900",
            aliases: ["20180408-102900", "facenet_casia_webface"],
            summary: "FaceNet, Inception-ResNet-v1 on CASIA-WebFace, 512 numbers, LFW 99.05 %",
            homepage: "https://github.com/timesler/facenet-pytorch",
            license: .mit.noting(
                "facenet-pytorch's copy of davidsandberg/facenet 20180408-102900, whose TensorFlow graph is not read."
                    + " Trained on CASIA-WebFace."
            ),
            files: [
                .init(
                    "facenet_20180408_102900.pt",
                    sources: [
                        .address(
                            "https://github.com/timesler/facenet-pytorch/releases/download/v2.2.9/20180408-102900-casia-webface.pt"
                        )
                    ]
                )
            ],
            network: "inception_resnet_v1",
            input: .picture(160, 160, .rgb, mean: [127.5, 127.5, 127.5], scale: 1 / 128),
            outputs: ["embedding"],
            alignment: nil,
            cropMargin: 32
        ),
        embedder(
            "w600k_r50",
            aliases: ["arcface_w600k_r50"],
            summary: "ArcFace, ResNet-50 on WebFace600K, 512 numbers, LFW 99.83 %",
            homepage: insightFaceHome,
            license: .insightFace,
            files: [
                .init(
                    "w600k_r50.onnx",
                    bytes: 174_383_860,
                    sha256: "4c06341c33c2ca1f86781dab0e829f88ad5b64be9fba56e56bc9ebdefc619e43",
                    sources: [
                        .member("w600k_r50.onnx", pack: "buffalo_l"), .member("w600k_r50.onnx", pack: "buffalo_m"),
                    ]
                )
            ],
            input: arcFaceInput
        ),
        embedder(
            "w600k_mbf",
            aliases: ["arcface_w600k_mbf"],
            summary: "ArcFace, MobileFaceNet on WebFace600K, 512 numbers, LFW 99.70 %",
            homepage: insightFaceHome,
            license: .insightFace,
            files: [
                .init(
                    "w600k_mbf.onnx",
                    bytes: 13_616_099,
                    sha256: "9cc6e4a75f0e2bf0b1aed94578f144d15175f357bdc05e815e5c4a02b319eb4f",
                    sources: [
                        .member("w600k_mbf.onnx", pack: "buffalo_sc"), .member("w600k_mbf.onnx", pack: "buffalo_s"),
                    ]
                )
            ],
            input: arcFaceInput
        ),
        embedder(
            "glintr100",
            summary: "ArcFace, ResNet-100 on Glint360K, 512 numbers",
            homepage: insightFaceHome,
            license: .insightFace,
            files: [
                .init(
                    "glintr100.onnx",
                    bytes: 260_665_334,
                    sha256: "4ab1d6435d639628a6f3e5008dd4f929edf4c4124b1a7169e1048f9fef534cdf",
                    sources: [.member("glintr100.onnx", pack: "antelopev2")]
                )
            ],
            input: arcFaceInput
        ),
        embedder(
            "arcfaceresnet100_8",
            aliases: ["arcfaceresnet100-8"],
            summary: "ArcFace LResNet100E-IR on MS1M-refine-v2 from the ONNX Model Zoo, 512 numbers",
            homepage: "https://github.com/onnx/models/tree/main/validated/vision/body_analysis/arcface",
            license: ModelLicense(
                "Apache-2.0 (ONNX Model Zoo), non-commercial research only (InsightFace, who trained it)",
                use: .research,
                notes:
                    "The zoo publishes it under Apache-2.0; InsightFace keeps its weights for non-commercial research."
            ),
            files: [
                .init(
                    "arcfaceresnet100_8.onnx",
                    bytes: 261_036_388,
                    sha256: "f3a6bc281e72f88862f5748b53be3d76b3b48f8f1ab1f4a537941bdc4e1b01da",
                    sources: [
                        .address(
                            "https://media.githubusercontent.com/media/onnx/models/4c46cd00fbdb7cd30b6c1c17ab54f2e1f4f7b177/validated/vision/body_analysis/arcface/model/arcfaceresnet100-8.onnx"
                        ),
                        .address(
                            "https://huggingface.co/onnxmodelzoo/arcfaceresnet100-8/resolve/main/arcfaceresnet100-8.onnx"
                        ),
                    ]
                )
            ],
            input: .picture(112, 112, .rgb),
            outputs: ["fc1"]
        ),
        edgeFace(
            "edgeface_xs_gamma_06",
            summary: "EdgeFace-XS (γ = 0.6), 512 numbers, LFW 99.73 %",
            sha256: "9206e2eb13a2761d7b5b76e13016d4b9acd3fa3535a9a09939f3adacd139a5ff"
        ),
        edgeFace(
            "edgeface_s_gamma_05",
            summary: "EdgeFace-S (γ = 0.5), 512 numbers, LFW 99.78 %",
            sha256: "b850767cf791bda585600b5c4c7d7432b2f998ccd862caae34ef1afa967d2e54"
        ),
        embedder(
            "mobilefacenet_foamliu",
            summary: "MobileFaceNet, 128 numbers, LFW 99.1 %",
            homepage: "https://github.com/foamliu/MobileFaceNet",
            license: .apache.noting("Trained on refined MS-Celeb-1M, which was withdrawn."),
            files: [
                .init(
                    "mobilefacenet_foamliu.onnx",
                    sources: [
                        .address(
                            "https://raw.githubusercontent.com/foamliu/MobileFaceNet/a6cc9032a659b615f477833e1a70b5e7931bcccc/weights/MobileFaceNet.onnx"
                        )
                    ]
                ),
                // The name under which the ONNX file asks for its weights.
                .init(
                    "MobileFaceNet.onnx.data",
                    sources: [
                        .address(
                            "https://raw.githubusercontent.com/foamliu/MobileFaceNet/a6cc9032a659b615f477833e1a70b5e7931bcccc/weights/MobileFaceNet.onnx.data"
                        )
                    ]
                ),
            ],
            input: ModelInput(
                width: 112,
                height: 112,
                color: .rgb,
                mean: [123.675, 116.28, 103.53],
                scale: [0.017124753831663668, 0.01750700280112045, 0.017429193899782137]
            ),
            thresholds: ["lfw_best": 0.272, "far_1e3": 0.325]
        ),
        foreign(
            "arcface_r100_v1",
            aliases: ["LResNet100E-IR"],
            summary: "ArcFace LResNet100E-IR on MS1MV2, LFW 99.77 %",
            id: "11xFaEHIQLNze3-2RUV1cQfT-q6PKKfYp",
            instead: ["arcfaceresnet100_8", "glintr100"]
        ),
        foreign(
            "arcface_mobilefacenet",
            summary: "ArcFace MobileFaceNet on MS1MV1, LFW 99.50 %",
            id: "17TpxpyHuUc1ZTm3RIbfvhnBcZqhyKszV",
            instead: ["w600k_mbf", "sface_2021dec"]
        ),
        foreign(
            "arcface_resnet34",
            summary: "ArcFace LResNet34E-IR",
            id: "1ECp5XrLgfEAnwyTYFEhJgIsOAw6KaHa7",
            instead: ["w600k_r50"]
        ),
        foreign(
            "arcface_resnet50",
            summary: "ArcFace LResNet50E-IR",
            id: "1a9nib4I9OIVORwsqLB0gz0WuLC32E8gf",
            instead: ["w600k_r50"]
        ),
        foreign(
            "arcface-r50-msfdrop75",
            summary: "Sub-center ArcFace, ResNet-50",
            id: "1gNuvRNHCNgvFtz7SjhW82v2-znlAYaRO",
            instead: ["w600k_r50"]
        ),
        foreign(
            "arcface-r100-msfdrop75",
            summary: "Sub-center ArcFace, ResNet-100, LFW 99.80 %",
            id: "1lAnFcBXoMKqE-SkZKTmi6MsYAmzG0tFw",
            instead: ["glintr100", "arcfaceresnet100_8"]
        ),
    ]

    private static func edgeFace(_ name: String, summary: String, sha256: String) -> CatalogueModel {
        embedder(
            name,
            summary: summary,
            homepage: "https://github.com/otroshi/edgeface",
            license: ModelLicense(
                "BSD-3-Clause (project), CC BY-NC-SA 4.0 (its pages on Hugging Face)",
                use: .research,
                notes: "The two statements of the publisher contradict each other; the stricter one counts here."
            ),
            files: [
                .init(
                    "\(name).onnx",
                    sha256: sha256,
                    sources: [
                        .address("https://github.com/yakhyo/edgeface-onnx/releases/download/weights/\(name).onnx")
                    ]
                )
            ],
            input: arcFaceInput
        )
    }

    private static func foreign(
        _ name: String,
        aliases: [String] = [],
        summary: String,
        id: String,
        instead: [String]
    ) -> CatalogueModel {
        embedder(
            name,
            aliases: aliases,
            summary: summary,
            homepage: "https://drive.google.com/file/d/\(id)/view",
            license: .insightFace,
            obstacle: .mxNet(instead: instead)
        )
    }
}

extension ModelCatalogue {
    /// A network in OpenVINO's representation: the description and its weights.
    static func openVINO(
        as name: String,
        directories: [String],
        published: String,
        xml: (bytes: Int, sha256: String),
        bin: (bytes: Int, sha256: String)
    ) -> [CatalogueModel.File] {
        [("xml", xml), ("bin", bin)].map { ending, facts in
            CatalogueModel.File(
                "\(name).\(ending)",
                bytes: facts.bytes,
                sha256: facts.sha256,
                sources: directories.map { .address("\($0)/\(published).\(ending)") }
            )
        }
    }
}
