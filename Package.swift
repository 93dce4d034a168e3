// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: Context.environment["FRONTDESK_STRICT"] == nil ? .warning : .error),
]

let services = ["User", "Chat", "AI", "Analytics", "Notification"]
let adapters = [
    "AccessTokens", "Backups", "HTTPBus", "InProcessBus", "Jobs", "Mail", "Migrations", "Outbox",
    "PasswordHashing", "PostgreSQL", "Redis", "SQLite",
]
let processes = ["user", "chat", "ai", "analytics", "notification", "gateway"]

let package = Package(
    name: "frontdesk",
    products: [.executable(name: "frontdesk", targets: ["frontdesk"])]
        + processes.map { .executable(name: "frontdesk-\($0)", targets: ["frontdesk-\($0)"]) }
        + [.executable(name: "frontdesk-bench", targets: ["frontdesk-bench"])],
    dependencies: [
        .package(path: "Shared/Contracts"),
        .package(path: "Shared/Adapters"),
        .package(path: "Gateway"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ] + services.map { .package(path: "Services/\($0)") },
    targets: [
        .target(
            name: "Bootstrap",
            dependencies: [
                "Contracts", "Gateway",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ] + services.map { .byName(name: $0) }
                + adapters.map { .product(name: $0, package: "Adapters") },
            path: "Shared/Composition/Bootstrap",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "frontdesk",
            dependencies: [
                "Bootstrap", "Contracts",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOFoundationCompat", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            path: "Shared/Composition/frontdesk",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "frontdesk-bench",
            dependencies: [
                "Contracts",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "CPostgreSQL", package: "Adapters"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "HTTPBus", package: "Adapters"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "InProcessBus", package: "Adapters"),
                .product(name: "Jobs", package: "Adapters"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "Outbox", package: "Adapters"),
                .product(name: "PostgreSQL", package: "Adapters"),
                .product(name: "SQLite", package: "Adapters"),
            ],
            path: "Tests/Load/frontdesk-bench",
            swiftSettings: settings
        ),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "Bootstrap", "Contracts",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "ContractsTesting", package: "Contracts"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOFoundationCompat", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "PostgreSQL", package: "Adapters"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "Tests/Integration",
            swiftSettings: settings
        ),
    ]
        + processes.map { name in
            .executableTarget(
                name: "frontdesk-\(name)",
                dependencies: ["Bootstrap", "Contracts"],
                path: "Shared/Composition/frontdesk-\(name)",
                swiftSettings: settings
            )
        }
)
