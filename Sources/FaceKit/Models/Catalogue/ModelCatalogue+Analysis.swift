// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

extension ModelCatalogue {
    /// A network of face-api.js: a manifest and its shard.
    private static func faceAPI(
        _ name: String,
        task: String,
        folder: String,
        summary: String,
        stem: String,
        network: String,
        manifest: (bytes: Int, sha256: String),
        shard: (bytes: Int, sha256: String),
        divisor: Float,
        outputs: [String],
        decode: String
    ) -> CatalogueModel {
        let weights =
            "https://raw.githubusercontent.com/justadudewhohacks/face-api.js/a86f011d72124e5fb93e59d5c4ab98f699dd5c9c/weights"
        return CatalogueModel(
            name,
            task: task,
            folder: folder,
            summary: summary,
            homepage: "https://github.com/justadudewhohacks/face-api.js",
            license: .mit,
            files: [("\(stem)-weights_manifest.json", manifest), ("\(stem)-shard1", shard)].map { file, facts in
                .init(file, bytes: facts.bytes, sha256: facts.sha256, sources: [.address("\(weights)/\(file)")])
            },
            network: network,
            input: .picture(112, 112, .rgb, mean: [122.782, 117.001, 104.298], scale: 1 / divisor),
            outputs: outputs,
            decode: decode
        )
    }

    private static func intel(
        _ name: String,
        published: String,
        task: String,
        folder: String,
        summary: String,
        directory: String,
        xml: (bytes: Int, sha256: String),
        bin: (bytes: Int, sha256: String),
        side: Int,
        outputs: [String],
        decode: String
    ) -> CatalogueModel {
        CatalogueModel(
            name,
            aliases: [published],
            task: task,
            folder: folder,
            summary: summary,
            homepage: "https://github.com/openvinotoolkit/open_model_zoo/tree/master/models/intel/\(published)",
            license: .apache.noting("Intel Open Model Zoo, from a repository that carries the files."),
            files: openVINO(as: name, directories: [directory], published: published, xml: xml, bin: bin),
            input: .picture(side, side, .bgr),
            outputs: outputs,
            decode: decode
        )
    }

    static let landmarkModels: [CatalogueModel] = [
        faceAPI(
            "face_landmark_68",
            task: "68-point face landmarks",
            folder: "landmarks",
            summary: "68 points, dense blocks (face-api.js)",
            stem: "face_landmark_68_model",
            network: "face_landmark_68",
            manifest: (7_889, "d30f6cc341009ea4f8223876959289b96576fc54a2615f92da9741ab9c5f0bbc"),
            shard: (356_840, "4611ef65c87d836d03d684b30eec4d195d8b219fa1dd58fc58945831c6b9299b"),
            divisor: 255,
            outputs: ["landmarks"],
            decode: "x0, y0, x1, y1, … as fractions of the crop, a square around the face box; iBUG's order"
        ),
        faceAPI(
            "face_landmark_68_tiny",
            task: "68-point face landmarks",
            folder: "landmarks",
            summary: "68 points, the small network (face-api.js)",
            stem: "face_landmark_68_tiny_model",
            network: "face_landmark_68_tiny",
            manifest: (4_441, "3c63b8984302c187b218d9ef5aa149ed8c2c7fa3fe54db078614692bc48d153c"),
            shard: (77_224, "b98e9f2f7da76f8a6dda9741a36ed485b224b889d552de2b2c1bb16217f67bfc"),
            divisor: 255,
            outputs: ["landmarks"],
            decode: "x0, y0, x1, y1, … as fractions of the crop, a square around the face box; iBUG's order"
        ),
        intel(
            "openvino_landmarks5_retail_0009",
            published: "landmarks-regression-retail-0009",
            task: "5-point face landmarks",
            folder: "landmarks",
            summary: "5 points (Intel)",
            directory:
                "https://raw.githubusercontent.com/MisterFoziljon/OpenVino-Face-Recognition/93a6a9503d2ec545502a496f64ec2f7df45db312/models/landmarks-regression-retail-0009/FP32",
            xml: (43_654, "636c547fd4d784d81be1be7bafc6376396aae60fa8e91664566ddc562f993f2c"),
            bin: (762_464, "0700711ab6d1a738cc16fafda2b040de8e9e0cc8b13430ee3ddd6abbe8c81969"),
            side: 48,
            outputs: ["95"],
            decode: "x0, y0 … x4, y4 as fractions of the crop, which is the face box: left eye, right eye, nose tip,"
                + " left and right corner of the mouth, as seen in the picture"
        ),
        packed(
            "2d106det",
            task: "106-point face landmarks",
            folder: "landmarks",
            summary: "106 points, MobileNet-0.5 (InsightFace)",
            bytes: 5_030_888,
            sha256: "f001b856447c413801ef5c42091ed0cd516fcd21f2d6b79635b1e733a7109dbf",
            side: 192,
            decode: "106 times x, y in -1...1 of the crop, a square of 1.5 times the longer side of the face box"
        ),
        packed(
            "1k3d68",
            task: "68-point 3-D face landmarks",
            folder: "landmarks",
            summary: "68 points in space, ResNet-50 (InsightFace)",
            bytes: 143_607_619,
            sha256: "df5c06b8a0c12e422b2ed8947b8869faa4105387f199c477af038aa01f9a45cc",
            side: 192,
            decode:
                "the last 68 of the triples x, y, z in -1...1 of the crop, a square of 1.5 times the longer side of the"
                + " face box"
        ),
    ]

    static let poseModels: [CatalogueModel] = [
        intel(
            "openvino_headpose_adas_0001",
            published: "head-pose-estimation-adas-0001",
            task: "head pose (yaw, pitch, roll)",
            folder: "pose",
            summary: "yaw, pitch and roll in degrees (Intel)",
            directory:
                "https://raw.githubusercontent.com/inbasperu/VisionGuard/a8d0e846eef0c0487e8dc491d52293995563d8ac/omz_models/head-pose-estimation-adas-0001/FP16",
            xml: (78_824, "7a00509b02c15371c8156b848daf2825a061488b6f1b257ccbb648596c0a1ef3"),
            bin: (3_823_816, "035c41b04268c4541fc0d7fc4a131070bc2d424324ad8e1163f83953ee8bb0b1"),
            side: 60,
            outputs: ["angle_r_fc", "angle_p_fc", "angle_y_fc"],
            decode:
                "angle_y_fc yaw, angle_p_fc pitch, angle_r_fc roll, degrees; yaw and pitch have the opposite sign of"
                + " Hopenet's; the crop is the face box"
        ),
        CatalogueModel(
            "hopenet_robust_alpha1",
            aliases: ["hopenet"],
            task: "head pose (yaw, pitch, roll)",
            folder: "pose",
            summary: "Hopenet, ResNet-50, 300W-LP, alpha 1, robust to image quality",
            homepage: "https://drive.google.com/open?id=1m25PrSE7g9D2q2XJVMR6IA7RaCvWSzCR",
            license: ModelLicense(
                "not stated (natanielruiz/deep-head-pose)",
                use: .unclear,
                notes: "Trained on 300W-LP, a research data set."
            ),
            obstacle: .init(
                format: "a pickled PyTorch network (hopenet_robust_alpha1.pkl on Google Drive)",
                conversion:
                    "load it with the project's code, export it by torch.onnx.export and write a card beside it",
                instead: ["openvino_headpose_adas_0001"]
            )
        ),
    ]

    static let attributeModels: [CatalogueModel] = [
        faceAPI(
            "age_gender_tinyxception",
            task: "age and gender",
            folder: "attributes",
            summary: "age in years and gender, TinyXception (face-api.js)",
            stem: "age_gender_model",
            network: "age_gender",
            manifest: (7_774, "780ca481c12f6501c63e3551caa4df9bc4a05ffc5357060079b75badfd350d86"),
            shard: (429_708, "49f92bbc0afef2342c4385e4a2b0acb6d7a727c6f0aa539499719a81acf9abaa"),
            divisor: 256,
            outputs: ["age", "gender"],
            decode: "age in years; gender P(male), P(female); a square crop of 1.1 times the face box"
        ),
        intel(
            "openvino_age_gender_retail_0013",
            published: "age-gender-recognition-retail-0013",
            task: "age and gender",
            folder: "attributes",
            summary: "age and gender (Intel), 8-bit weights",
            directory:
                "https://raw.githubusercontent.com/Palanivelg/arsei_gstreamer/00aa5c08db5af2bbf8d0b3fa990ce409da62ecff/models/intel/age-gender-recognition-retail-0013/FP16-INT8",
            xml: (74_320, "634d4a1f0515dbe704d05a6dd9fd86c148d5d5a9d9a83f858c587424f0c7660f"),
            bin: (2_150_120, "4120ee9d73ad5e4ee34fc8a9ea77de6dfebfe784bc04a386a258e71ecef1613f"),
            side: 62,
            outputs: ["age_conv3", "prob"],
            decode: "age = 100 * age_conv3 years; prob P(female), P(male); the crop is the face box"
        ),
        packed(
            "genderage",
            task: "age and gender",
            folder: "attributes",
            summary: "age and gender, MobileNet-0.25 (InsightFace)",
            bytes: 1_322_532,
            sha256: "4fde69b1c810857b88c64a335084f1c3fe8f01246c9a191b48c7bb756d6652fb",
            side: 96,
            decode:
                "the first two numbers female and male, the third the age in hundreds of years; the crop is a square of"
                + " 1.5 times the longer side of the face box"
        ),
        intel(
            "openvino_open_closed_eye_0001",
            published: "open-closed-eye-0001",
            task: "eye open / closed",
            folder: "attributes",
            summary: "whether an eye is open (Intel)",
            directory:
                "https://raw.githubusercontent.com/inbasperu/VisionGuard/a8d0e846eef0c0487e8dc491d52293995563d8ac/omz_models/open-closed-eye-0001/FP32",
            xml: (14_080, "8fb949529543fc9f466ba953d3a46c75b5897195c0bde2dafda84bab2cd66bfd"),
            bin: (45_024, "520951b282e3ecebacc999d4805c87d986d079ce041619169259eb3064bb5871"),
            side: 32,
            outputs: ["19"],
            decode:
                "P(closed), P(open); the crop is a square of 0.6 times the distance of the eyes about an eye's centre"
        ),
        faceAPI(
            "face_expression",
            task: "facial expression, 7 classes",
            folder: "attributes",
            summary: "seven expressions (face-api.js)",
            stem: "face_expression_model",
            network: "face_expression",
            manifest: (6_384, "960cbe959fe0328965dd18662d839f197df6e27607da4f726cd0c826e47fc936"),
            shard: (329_468, "9a9840f2cf1f4c7eab95f197512569345c00d2426754d4608b92af30e0300f3d"),
            divisor: 255,
            outputs: ["prob"],
            decode: "neutral, happy, sad, angry, fearful, disgusted, surprised"
        ),
        CatalogueModel(
            "genderage_v1",
            task: "age and gender",
            folder: "attributes",
            summary: "age and gender of InsightFace's first package",
            homepage:
                "https://github.com/deepinsight/insightface/tree/afb6ff7c75232283bb148aaf12c6a4cdcb17945b/gender-age/model",
            license: .insightFace,
            obstacle: .mxNet(instead: ["genderage", "age_gender_tinyxception"])
        ),
        compreFace("compreface_age_22801", "age in eight classes", id: "1PxK72O-NROEz8pUGDDFRDYF4AABbvWiC"),
        compreFace("compreface_gender_21936", "gender", id: "1j9B76U3b4_F9e8-OKlNdOBQKa2ziGe_-"),
    ]

    private static func packed(
        _ name: String,
        task: String,
        folder: String,
        summary: String,
        bytes: Int,
        sha256: String,
        side: Int,
        decode: String
    ) -> CatalogueModel {
        CatalogueModel(
            name,
            task: task,
            folder: folder,
            summary: summary,
            homepage: "https://github.com/deepinsight/insightface/tree/master/model_zoo",
            license: .insightFace,
            files: [
                .init(
                    "\(name).onnx",
                    bytes: bytes,
                    sha256: sha256,
                    sources: ["buffalo_s", "buffalo_l", "buffalo_m", "antelopev2"].map { pack in
                        .member("\(name).onnx", pack: pack)
                    }
                )
            ],
            input: .picture(side, side, .rgb),
            outputs: ["fc1"],
            decode: decode
        )
    }

    private static func compreFace(_ name: String, _ what: String, id: String) -> CatalogueModel {
        CatalogueModel(
            name,
            task: "age and gender",
            folder: "attributes",
            summary: "CompreFace's \(what), Inception-v3",
            homepage: "https://drive.google.com/file/d/\(id)/view",
            license: ModelLicense("not stated (CompreFace's code is Apache-2.0)", use: .unclear),
            obstacle: .init(
                format: "a TensorFlow 1 checkpoint on Google Drive",
                conversion: "freeze it, convert it with tf2onnx and write a card beside it",
                instead: ["age_gender_tinyxception", "openvino_age_gender_retail_0013"]
            )
        )
    }

    private static func insightFacePack(
        _ name: String,
        summary: String,
        bytes: Int,
        sha256: String
    ) -> CataloguePack {
        CataloguePack(
            name,
            summary: summary,
            address: "https://github.com/deepinsight/insightface/releases/download/v0.7/\(name).zip",
            bytes: bytes,
            sha256: sha256
        )
    }

    static let insightFacePacks: [CataloguePack] = [
        insightFacePack(
            "buffalo_l",
            summary: "SCRFD-10G, ArcFace ResNet-50, landmarks, age and gender",
            bytes: 288_621_354,
            sha256: "80ffe37d8a5940d59a7384c201a2a38d4741f2f3c51eef46ebb28218a7b0ca2f"
        ),
        insightFacePack(
            "buffalo_m",
            summary: "SCRFD-2.5G, ArcFace ResNet-50, landmarks, age and gender",
            bytes: 275_951_529,
            sha256: "d98264bd8f2dc75cbc2ddce2a14e636e02bb857b3051c234b737bf3b614edca9"
        ),
        insightFacePack(
            "buffalo_s",
            summary: "SCRFD-0.5G, ArcFace MobileFaceNet, landmarks, age and gender",
            bytes: 127_607_557,
            sha256: "d85a87f503f691807cd8bb97128bdf7a0660326cd9cd02657127fa978bab8b5e"
        ),
        insightFacePack(
            "buffalo_sc",
            summary: "SCRFD-0.5G and ArcFace MobileFaceNet",
            bytes: 14_969_382,
            sha256: "57d31b56b6ffa911c8a73cfc1707c73cab76efe7f13b675a05223bf42de47c72"
        ),
        insightFacePack(
            "antelopev2",
            summary: "SCRFD-10G, ArcFace ResNet-100 on Glint360K, landmarks, age and gender",
            bytes: 360_662_982,
            sha256: "8e182f14fc6e80b3bfa375b33eb6cff7ee05d8ef7633e738d1c89021dcf0c5c5"
        ),
    ]
}
