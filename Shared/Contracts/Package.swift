// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: Context.environment["FRONTDESK_STRICT"] == nil ? .warning : .error),
]

let package = Package(
    name: "Contracts",
    products: [
        .library(name: "Contracts", targets: ["Contracts"]),
        .library(name: "ContractsTesting", targets: ["ContractsTesting"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0")
    ],
    targets: [
        .target(
            name: "Contracts",
            dependencies: [.product(name: "Logging", package: "swift-log")],
            swiftSettings: settings
        ),
        .target(name: "ContractsTesting", dependencies: ["Contracts"], swiftSettings: settings),
        .testTarget(
            name: "ContractsTests",
            dependencies: ["Contracts", "ContractsTesting"],
            swiftSettings: settings
        ),
    ]
)
