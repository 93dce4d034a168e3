// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: Context.environment["FRONTDESK_STRICT"] == nil ? .warning : .error),
]

let package = Package(
    name: "Notification",
    products: [.library(name: "Notification", targets: ["Notification"])],
    dependencies: [.package(path: "../../Shared/Contracts")],
    targets: [
        .target(
            name: "Notification",
            dependencies: ["Contracts"],
            resources: [.embedInCode("Infrastructure/Migrations")],
            swiftSettings: settings
        ),
        .testTarget(
            name: "NotificationTests",
            dependencies: ["Notification", .product(name: "ContractsTesting", package: "Contracts")],
            swiftSettings: settings
        ),
    ]
)
