// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: Context.environment["FRONTDESK_STRICT"] == nil ? .warning : .error),
]

let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")

/// One adapter: a target and a product of the same name. None depends on another.
func adapter(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .target(
        name: name, dependencies: ["Contracts"] + dependencies, resources: resources, swiftSettings: settings)
}

func tests(_ name: String, of adapters: [String], with others: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: name,
        dependencies: adapters.map { .byName(name: $0) } + [
            "Contracts", logging, .product(name: "ContractsTesting", package: "Contracts"),
        ] + others,
        swiftSettings: settings
    )
}

let adapters: [Target] = [
    adapter("InProcessBus", [logging]),
    adapter(
        "HTTPBus",
        [
            logging,
            .product(name: "AsyncAlgorithms", package: "swift-async-algorithms"),
            .product(name: "AsyncHTTPClient", package: "async-http-client"),
            .product(name: "Crypto", package: "swift-crypto"),
            .product(name: "HTTPTypes", package: "swift-http-types"),
            .product(name: "Hummingbird", package: "hummingbird"),
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOFoundationCompat", package: "swift-nio"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        ]),
    adapter("Migrations", [logging, .product(name: "Crypto", package: "swift-crypto")]),
    adapter(
        "Outbox", [logging, .product(name: "Crypto", package: "swift-crypto")],
        resources: [.embedInCode("Migrations")]),
    adapter("Jobs", [logging], resources: [.embedInCode("Migrations")]),
    adapter(
        "SQLite",
        [
            .product(name: "GRDB", package: "GRDB.swift"),
            .product(name: "GRDBSQLite", package: "GRDB.swift"),
        ]),
    adapter(
        "Backups",
        [
            "CPostgreSQL", logging, .product(name: "Crypto", package: "swift-crypto"),
            .product(name: "GRDB", package: "GRDB.swift"),
        ]),
    adapter("PostgreSQL", ["CPostgreSQL"]),
    adapter("Caching", []),
    adapter(
        "Redis",
        [
            logging,
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOPosix", package: "swift-nio"),
            .product(name: "NIOSSL", package: "swift-nio-ssl"),
        ]),
    adapter("AccessTokens", [.product(name: "JWTKit", package: "jwt-kit")]),
    adapter("PasswordHashing", ["CArgon2", .product(name: "NIOPosix", package: "swift-nio")]),
    adapter("Mail", ["CCurl", logging, .product(name: "NIOPosix", package: "swift-nio")]),
]

let package = Package(
    name: "Adapters",
    products: adapters.map { .library(name: $0.name, targets: [$0.name]) }
        // What the adapter is measured against.
        + [.library(name: "CPostgreSQL", targets: ["CPostgreSQL"])],
    dependencies: [
        .package(path: "../Contracts"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-async-algorithms", from: "1.1.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
    ],
    targets: adapters + [
        .systemLibrary(
            name: "CArgon2", pkgConfig: "libargon2", providers: [.apt(["libargon2-dev"])]),
        .systemLibrary(name: "CPostgreSQL", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),
        tests(
            "BusTests", of: ["InProcessBus", "HTTPBus"],
            with: [
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        tests("JobsTests", of: ["Jobs", "SQLite", "PostgreSQL"]),
        tests("PersistenceTests", of: ["SQLite", "PostgreSQL", "Migrations", "Outbox", "InProcessBus"]),
        tests(
            "AccessTokensTests", of: ["AccessTokens"], with: [.product(name: "JWTKit", package: "jwt-kit")]),
        tests(
            "BackupTests", of: ["Backups", "SQLite", "PostgreSQL", "Migrations", "Outbox"],
            with: [.product(name: "GRDB", package: "GRDB.swift")]),
        tests("CachingTests", of: ["Caching"]),
        tests(
            "RedisTests", of: ["Redis", "Caching", "InProcessBus"],
            with: [
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        tests("PasswordHashingTests", of: ["PasswordHashing"]),
        tests("MailTests", of: ["Mail", "CCurl"]),
    ]
)
