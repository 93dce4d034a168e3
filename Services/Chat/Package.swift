// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: Context.environment["FRONTDESK_STRICT"] == nil ? .warning : .error),
]

let package = Package(
    name: "Chat",
    products: [.library(name: "Chat", targets: ["Chat"])],
    dependencies: [.package(path: "../../Shared/Contracts")],
    targets: [
        .target(
            name: "Chat",
            dependencies: ["Contracts"],
            resources: [.embedInCode("Infrastructure/Migrations")],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ChatTests",
            dependencies: ["Chat", .product(name: "ContractsTesting", package: "Contracts")],
            swiftSettings: settings
        ),
    ]
)
