// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "FaceKit",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "FaceKit", targets: ["FaceKit"]),
        .library(name: "FaceKitStore", targets: ["FaceKitStore"]),
        .library(name: "FaceKitHTTP", targets: ["FaceKitHTTP"]),
        .executable(name: "facekit", targets: ["Demo"]),
    ],
    traits: [
        .default(enabledTraits: ["OpenBLAS", "MorePictureFormats"]),
        .trait(
            name: "OpenBLAS",
            description: "Matrix products through OpenBLAS; without it FaceKit uses its own kernels."
        ),
        .trait(
            name: "MorePictureFormats",
            description: "GIF, TIFF and WebP through giflib, libtiff and libwebp; without it they are refused."
        ),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    ],
    targets: [
        .target(
            name: "CFaceKit",
            path: "Sources/FaceKit/CShims",
            exclude: ["README.md"],
            cSettings: [
                .define("CFK_OPENBLAS", .when(traits: ["OpenBLAS"])),
                .define("CFK_MORE_PICTURES", .when(traits: ["MorePictureFormats"])),
            ],
            linkerSettings: [
                .linkedLibrary("jpeg"),
                .linkedLibrary("png"),
                .linkedLibrary("gif", .when(traits: ["MorePictureFormats"])),
                .linkedLibrary("tiff", .when(traits: ["MorePictureFormats"])),
                .linkedLibrary("webp", .when(traits: ["MorePictureFormats"])),
                .linkedLibrary("openblas", .when(traits: ["OpenBLAS"])),
            ]
        ),
        .target(
            name: "FaceKitInference",
            dependencies: ["CFaceKit"],
            path: "Sources/FaceKit/Inference",
            swiftSettings: settings + [.strictMemorySafety()]
        ),
        .target(
            name: "FaceKit",
            dependencies: ["FaceKitInference", "CFaceKit"],
            path: "Sources/FaceKit",
            exclude: ["CShims", "Inference"],
            swiftSettings: settings
        ),
        .target(name: "FaceKitStore", dependencies: ["FaceKit"], swiftSettings: settings),
        .target(
            name: "FaceKitHTTP",
            dependencies: ["FaceKit", .product(name: "HTTPTypes", package: "swift-http-types")],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "Demo",
            dependencies: [
                "FaceKit", "FaceKitInference", "FaceKitStore", "FaceKitHTTP",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "FaceKitTestSupport",
            dependencies: ["FaceKit", "FaceKitInference"],
            path: "Tests/FaceKitTestSupport",
            swiftSettings: settings
        ),
        .testTarget(
            name: "FaceKitInferenceTests",
            dependencies: ["FaceKitInference", "FaceKitTestSupport", "CFaceKit"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "FaceKitTests",
            dependencies: ["FaceKit", "FaceKitInference", "FaceKitTestSupport", "CFaceKit"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "FaceKitStoreTests",
            dependencies: ["FaceKitStore", "FaceKitTestSupport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "FaceKitHTTPTests",
            dependencies: ["FaceKitHTTP", "FaceKitTestSupport"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "DemoTests",
            dependencies: ["Demo", "FaceKit", "FaceKitHTTP", "FaceKitTestSupport"],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)
