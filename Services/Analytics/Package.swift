// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: Context.environment["FRONTDESK_STRICT"] == nil ? .warning : .error),
]

let package = Package(
    name: "Analytics",
    products: [.library(name: "Analytics", targets: ["Analytics"])],
    dependencies: [.package(path: "../../Shared/Contracts")],
    targets: [
        .target(
            name: "Analytics",
            dependencies: ["Contracts"],
            resources: [.embedInCode("Infrastructure/Migrations")],
            swiftSettings: settings
        ),
        .testTarget(
            name: "AnalyticsTests",
            dependencies: ["Analytics", .product(name: "ContractsTesting", package: "Contracts")],
            swiftSettings: settings
        ),
    ]
)
