// swift-tools-version:5.9
import PackageDescription

let package = Package(
    name: "Portrait",
    platforms: [.iOS(.v14)],
    products: [.library(name: "Portrait", targets: ["Portrait"])],
    targets: [
        // deploy/lite for iOS: build.sh makes it.
        .binaryTarget(name: "portrait_lite", path: "portrait_lite.xcframework"),
        .target(name: "Portrait", dependencies: ["portrait_lite"]),
        .testTarget(name: "PortraitTests", dependencies: ["Portrait"]),
    ]
)
