// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "Server",
    platforms: [.macOS(.v15)],
    dependencies: [
        // In a package of your own: .package(url: "…", from: "…"), with the address FaceKit was cloned from.
        .package(name: "FaceKit", path: "../../.."),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.20.0"),
    ],
    targets: [
        .executableTarget(
            name: "Server",
            dependencies: [
                .product(name: "FaceKit", package: "FaceKit"), .product(name: "FaceKitHTTP", package: "FaceKit"),
                .product(name: "FaceKitStore", package: "FaceKit"),
                .product(name: "Hummingbird", package: "hummingbird"),
            ]
        )
    ]
)
