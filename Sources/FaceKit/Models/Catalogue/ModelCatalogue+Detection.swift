// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension ModelCatalogue {
    private static let task = "face detection with 5 landmarks"

    private static let yuNetDecode =
        "stride s in 8, 16, 32, cell (r, c): score = sqrt(cls * obj), centre ((c + b0) s, (r + b1) s), size (exp(b2) s,"
        + " exp(b3) s), landmark k ((c + k[2k]) s, (r + k[2k+1]) s); threshold 0.6, NMS IoU 0.3"

    private static let yuNetOutputs = ["cls", "obj", "bbox", "kps"].flatMap { kind in
        [8, 16, 32].map { "\(kind)_\($0)" }
    }

    private static let scrfdDecode =
        "stride s in 8, 16, 32, cell (r, c), 2 anchors each at (c s, r s): box (x - b0 s, y - b1 s, x + b2 s, y + b3 s),"
        + " landmark k (x + k[2k] s, y + k[2k+1] s), scores after sigmoid; threshold 0.5, NMS IoU 0.4"

    private static let retinaFaceDecode =
        "strides [8, 16, 32], min_sizes [[16, 32], [64, 128], [256, 512]], variances 0.1 and 0.2; threshold 0.6,"
        + " NMS IoU 0.4"

    private static func scrfd(
        _ name: String,
        aliases: [String],
        summary: String,
        file: CatalogueModel.File,
        outputs: [String]
    ) -> CatalogueModel {
        CatalogueModel(
            name,
            aliases: aliases,
            task: task,
            folder: "detection",
            summary: summary,
            homepage: "https://github.com/deepinsight/insightface/tree/master/detection/scrfd",
            license: .insightFace,
            files: [file],
            input: .picture(nil, nil, .rgb, mean: [127.5, 127.5, 127.5], scale: 1 / 128),
            outputs: outputs,
            decode: scrfdDecode
        )
    }

    private static func mtcnn(_ name: String, network: String, stage: String, side: Int?) -> CatalogueModel {
        let commit =
            "https://raw.githubusercontent.com/justadudewhohacks/face-api.js/a86f011d72124e5fb93e59d5c4ab98f699dd5c9c"
        return CatalogueModel(
            name,
            task: "face detection, \(stage)",
            folder: "detection",
            summary: "MTCNN \(network), the weights of the facenet project",
            homepage: "https://github.com/justadudewhohacks/face-api.js",
            license: .mit.noting("K. Zhang's Caffe release, carried by facenet and face-api.js (both MIT)."),
            files: [
                .init(
                    "mtcnn_model-weights_manifest.json",
                    bytes: 3_134,
                    sha256: "fc566964c2af6733cd297ce596f0c87190e4cabcdbc90c9b7ce120ebe1897611",
                    sources: [.address("\(commit)/weights/mtcnn_model-weights_manifest.json")]
                ),
                .init(
                    "mtcnn_model-shard1",
                    bytes: 1_983_400,
                    sha256: "20f4d3ac278e42e9a079453441533ec4e79bb6bd2e7cf7bd33e34ee123d674cb",
                    sources: [.address("\(commit)/weights/mtcnn_model-shard1")]
                ),
            ],
            network: network,
            input: .picture(side, side, .rgb, mean: [127.5, 127.5, 127.5], scale: 1 / 128),
            outputs: network == "onet" ? ["prob", "reg", "landmarks"] : ["prob", "reg"]
        )
    }

    static let detectionModels: [CatalogueModel] = [
        CatalogueModel(
            "yunet_n",
            aliases: ["yunet_n_dynamic_upstream"],
            task: task,
            folder: "detection",
            summary: "YuNet-n, 75,000 parameters, any picture size",
            homepage: "https://github.com/ShiqiYu/libfacedetection.train",
            license: .apache.noting("Trained on WIDER FACE."),
            files: [
                .init(
                    "yunet_n.onnx",
                    bytes: 322_906,
                    sha256: "104ee26c71d5c270ce79a6b3dced91c91013260d29a6bf18f9296c5b8c4c2b12",
                    sources: [
                        .address(
                            "https://raw.githubusercontent.com/ShiqiYu/libfacedetection.train/0047ac24afb1a50a0c6105001c89d1b5b805dbf1/onnx/yunet_n_dynamic.onnx"
                        )
                    ]
                )
            ],
            input: .picture(nil, nil, .bgr),
            outputs: yuNetOutputs,
            decode: yuNetDecode
        ),
        CatalogueModel(
            "yunet_2023mar",
            aliases: ["face_detection_yunet_2023mar", "yunet_2023mar_upstream"],
            task: task,
            folder: "detection",
            summary: "YuNet-s as in OpenCV's zoo, pictures of 640×640",
            homepage: "https://github.com/opencv/opencv_zoo/tree/main/models/face_detection_yunet",
            license: .mit.noting("MIT in opencv_zoo, Apache-2.0 in the training repository. Trained on WIDER FACE."),
            files: [
                .init(
                    "yunet_2023mar.onnx",
                    bytes: 232_589,
                    sha256: "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
                    sources: [
                        .address(
                            "https://media.githubusercontent.com/media/opencv/opencv_zoo/82b38c8f98e7b52aa171400f3e4c722352d0669f/models/face_detection_yunet/face_detection_yunet_2023mar.onnx"
                        ),
                        .address(
                            "https://raw.githubusercontent.com/ShiqiYu/libfacedetection.train/0047ac24afb1a50a0c6105001c89d1b5b805dbf1/onnx/yunet_s_640_640.onnx"
                        ),
                    ]
                )
            ],
            input: .picture(nil, nil, .bgr),
            outputs: yuNetOutputs,
            decode: yuNetDecode
        ),
        mtcnn("mtcnn_pnet", network: "pnet", stage: "stage 1 (proposal)", side: nil),
        mtcnn("mtcnn_rnet", network: "rnet", stage: "stage 2 (refine)", side: 24),
        mtcnn("mtcnn_onet", network: "onet", stage: "stage 3 (output, 5 landmarks)", side: 48),
        retinaFace(
            "retinaface_mv1_0.25",
            summary: "RetinaFace, MobileNet-0.25",
            bytes: 1_736_694,
            sha256: "b7a7acab55e104dce6f32cdfff929bd83946da5cd869b9e2e9bdffafd1b7e4a5"
        ),
        retinaFace(
            "retinaface_r34",
            summary: "RetinaFace, ResNet-34",
            bytes: nil,
            sha256: "bd0263dc2a465d32859555cb1741f2d98991eb0053696e8ee33fec583d30e630"
        ),
        scrfd(
            "scrfd_10g",
            aliases: ["det_10g", "scrfd_10g_bnkps"],
            summary: "SCRFD 10 GFLOPs, the detector of buffalo_l and antelopev2",
            file: .init(
                "scrfd_10g.onnx",
                bytes: 16_923_827,
                sha256: "5838f7fe053675b1c7a08b633df49e7af5495cee0493c7dcf6697200b85b5b91",
                sources: [
                    .member("det_10g.onnx", pack: "buffalo_l"), .member("scrfd_10g_bnkps.onnx", pack: "antelopev2"),
                ]
            ),
            outputs: []
        ),
        scrfd(
            "scrfd_2.5g",
            aliases: ["det_2.5g"],
            summary: "SCRFD 2.5 GFLOPs, the detector of buffalo_m",
            file: .init(
                "scrfd_2.5g.onnx",
                bytes: 3_292_009,
                sha256: "041f73f47371333d1d17a6fee6c8ab4e6aecabefe398ff32cca4e2d5eaee0af9",
                sources: [.member("det_2.5g.onnx", pack: "buffalo_m")]
            ),
            outputs: []
        ),
        scrfd(
            "scrfd_500m",
            aliases: ["det_500m", "scrfd_500m_upstream"],
            summary: "SCRFD 0.5 GFLOPs, the detector of buffalo_s and buffalo_sc",
            file: .init(
                "scrfd_500m.onnx",
                bytes: 2_524_817,
                sha256: "5e4447f50245bbd7966bd6c0fa52938c61474a04ec7def48753668a9d8b4ea3a",
                sources: [.member("det_500m.onnx", pack: "buffalo_sc"), .member("det_500m.onnx", pack: "buffalo_s")]
            ),
            outputs: ["443", "468", "493", "446", "471", "496", "449", "474", "499"]
        ),
        foreignRetinaFace("retinaface_r50_v1", "ResNet-50", id: "1hvEv4xZP-_50cO7IYkH6sDUb_SC92wut", "retinaface_r34"),
        foreignRetinaFace(
            "retinaface_mnet025_v1",
            "MobileNet-0.25",
            id: "1ggNFFqpe0abWz6V1A82rnxD6fyxB8W2c",
            "retinaface_mv1_0.25"
        ),
        foreignRetinaFace(
            "retinaface_mnet025_v2",
            "MobileNet-0.25",
            id: "1EYTMxgcNdlvoL1fSC8N1zkaWrX75ZoNL",
            "retinaface_mv1_0.25"
        ),
    ]

    private static func retinaFace(_ name: String, summary: String, bytes: Int?, sha256: String) -> CatalogueModel {
        CatalogueModel(
            name,
            task: task,
            folder: "detection",
            summary: summary,
            homepage: "https://github.com/yakhyo/retinaface-pytorch",
            license: .mit.noting("Trained on WIDER FACE."),
            files: [
                .init(
                    "\(name).onnx",
                    bytes: bytes,
                    sha256: sha256,
                    sources: [
                        .address("https://github.com/yakhyo/retinaface-pytorch/releases/download/v0.0.1/\(name).onnx"),
                        .address("https://github.com/yakhyo/uniface/releases/download/weights/\(name).onnx"),
                    ]
                )
            ],
            input: .picture(nil, nil, .bgr, mean: [104, 117, 123]),
            decode: retinaFaceDecode
        )
    }

    private static func foreignRetinaFace(
        _ name: String,
        _ backbone: String,
        id: String,
        _ instead: String
    ) -> CatalogueModel {
        CatalogueModel(
            name,
            task: task,
            folder: "detection",
            summary: "RetinaFace of InsightFace, \(backbone)",
            homepage: "https://drive.google.com/file/d/\(id)/view",
            license: .insightFace,
            obstacle: .mxNet(instead: [instead, "scrfd_10g"])
        )
    }
}

extension CatalogueModel.Obstacle {
    /// Networks of the years in which InsightFace used MXNet.
    static func mxNet(instead: [String]) -> Self {
        .init(
            format: "an MXNet network (.params and .json)",
            conversion: "convert it to ONNX with MXNet's mx.onnx.export_model and write a card beside it",
            instead: instead
        )
    }
}
