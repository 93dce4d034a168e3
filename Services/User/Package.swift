// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: Context.environment["FRONTDESK_STRICT"] == nil ? .warning : .error),
]

let package = Package(
    name: "User",
    products: [.library(name: "User", targets: ["User"])],
    dependencies: [.package(path: "../../Shared/Contracts")],
    targets: [
        .target(
            name: "User",
            dependencies: ["Contracts"],
            resources: [.embedInCode("Infrastructure/Migrations")],
            swiftSettings: settings
        ),
        .testTarget(
            name: "UserTests",
            dependencies: ["User", .product(name: "ContractsTesting", package: "Contracts")],
            swiftSettings: settings
        ),
    ]
)
