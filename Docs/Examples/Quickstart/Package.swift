// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "Quickstart",
    platforms: [.macOS(.v15)],
    dependencies: [
        // In a package of your own: .package(url: "…", from: "…"), with the address FaceKit was cloned from.
        .package(name: "FaceKit", path: "../../..")
    ],
    targets: [
        .executableTarget(name: "Quickstart", dependencies: [.product(name: "FaceKit", package: "FaceKit")])
    ]
)
