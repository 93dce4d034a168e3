// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: Context.environment["FRONTDESK_STRICT"] == nil ? .warning : .error),
]

let package = Package(
    name: "AI",
    products: [.library(name: "AI", targets: ["AI"])],
    dependencies: [.package(path: "../../Shared/Contracts")],
    targets: [
        .target(
            name: "AI",
            dependencies: ["Contracts"],
            resources: [.embedInCode("Infrastructure/Migrations")],
            swiftSettings: settings
        ),
        .testTarget(
            name: "AITests",
            dependencies: ["AI", .product(name: "ContractsTesting", package: "Contracts")],
            resources: [.embedInCode("Evaluation")],
            swiftSettings: settings
        ),
    ]
)
