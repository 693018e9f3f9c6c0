// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

// A check of the library alone, as for another set of traits, need not build the server, the stores and the command.
let coreOnly = Context.environment["FACEKIT_CORE_ONLY"] == "1"

let package = Package(
    name: "FaceKit",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "FaceKit", targets: ["FaceKit"]),
        .library(name: "FaceKitModels", targets: ["FaceKitModels"]),
        .library(name: "FaceKitStore", targets: ["FaceKitStore"]),
        .library(name: "FaceKitAccounts", targets: ["FaceKitAccounts"]),
        .library(name: "FaceKitHTTP", targets: ["FaceKitHTTP"]),
        .library(name: "FaceKitTestSupport", targets: ["FaceKitTestSupport"]),
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
        .package(url: "https://github.com/apple/swift-crypto", from: "4.0.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.5.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.80.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.24.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.30.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.20.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.8.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.30.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
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
                .linkedLibrary("z"),
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
            exclude: ["CShims", "Inference", "Installation"],
            swiftSettings: settings
        ),
        .target(
            name: "FaceKitModels",
            dependencies: [
                "FaceKit", "FaceKitInference", "CFaceKit",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            path: "Sources/FaceKit/Installation",
            swiftSettings: settings
        ),
        .target(
            name: "FaceKitAccounts",
            dependencies: [
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ],
            path: "Sources/FaceKitHTTP/Accounts",
            swiftSettings: settings
        ),
        .target(
            name: "FaceKitStore",
            dependencies: [
                "FaceKit", "FaceKitAccounts", "FaceKitInference", "CFaceKit",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: settings
        ),
        .target(
            // Apart from FaceKitHTTP, because compiling a quarter of a megabyte of files takes half a minute.
            name: "FaceKitConsole",
            dependencies: [.product(name: "Crypto", package: "swift-crypto")],
            path: "Sources/FaceKitHTTP/Console/Files",
            resources: [.embedInCode("Resources")],
            swiftSettings: settings
        ),
        .target(
            name: "FaceKitHTTP",
            dependencies: [
                "FaceKit",
                "FaceKitAccounts",
                "FaceKitConsole",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdHTTP2", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ],
            exclude: ["Accounts", "Console/Files"],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "Demo",
            dependencies: [
                "FaceKit", "FaceKitAccounts", "FaceKitInference", "FaceKitModels", "FaceKitStore", "FaceKitHTTP",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
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
        .executableTarget(
            name: "GalleryWorker",
            dependencies: ["FaceKit", "FaceKitStore", "FaceKitTestSupport"],
            path: "Tests/GalleryWorker",
            swiftSettings: settings
        ),
        .testTarget(
            name: "FaceKitModelsTests",
            dependencies: [
                "FaceKitModels", "FaceKit", "FaceKitInference", "FaceKitTestSupport",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "FaceKitAccountsTests",
            dependencies: ["FaceKitAccounts", "FaceKitStore"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "FaceKitStoreTests",
            dependencies: [
                "FaceKitStore", "GalleryWorker", "FaceKitInference", "FaceKitTestSupport", "CFaceKit",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "FaceKitHTTPTests",
            dependencies: [
                "FaceKitAccounts", "FaceKitConsole", "FaceKitHTTP", "FaceKitStore", "FaceKitTestSupport",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "DemoTests",
            dependencies: ["FaceKitAccounts", "Demo", "FaceKit", "FaceKitHTTP", "FaceKitTestSupport"],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)

if coreOnly {
    let core: Set = [
        "CFaceKit", "FaceKitInference", "FaceKit", "FaceKitTestSupport", "FaceKitInferenceTests", "FaceKitTests",
    ]
    package.targets.removeAll { !core.contains($0.name) }
    package.products.removeAll { $0.name != "FaceKit" }
    package.dependencies = []
}
