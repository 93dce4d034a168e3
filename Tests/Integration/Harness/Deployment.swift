import Contracts
import FoundationEssentials
import PostgreSQL
import Testing

/// How a tested Frontdesk is put together: how its services talk to each other, and where its data is.
struct Deployment: Sendable, CustomTestStringConvertible {
    let transport: Transport
    let database: Database

    enum Transport: String, CaseIterable, Sendable {
        case inProcess = "in process"
        case http = "HTTP"
        case redisStreams = "HTTP with Redis Streams"
    }

    enum Database: String, CaseIterable, Sendable {
        case sqlite = "SQLite"
        case postgreSQL = "PostgreSQL"
    }

    var testDescription: String { "\(transport.rawValue), \(database.rawValue)" }

    /// Every combination for which there are servers here: PostgreSQL where `FRONTDESK_TEST_POSTGRES_URL` names
    /// one, as a superuser, and Redis where `FRONTDESK_TEST_REDIS_URL` does.
    static let available: [Deployment] =
        Transport.allCases.filter { $0 != .redisStreams || redisURL != nil }.flatMap { transport in
            Database.allCases.filter { $0 == .sqlite || postgreSQLURL != nil }
                .map { Deployment(transport: transport, database: $0) }
        }

    /// What an owner starts with.
    static let usual = Deployment(transport: .inProcess, database: .sqlite)

    /// Runs `body` with the settings that choose it. Whatever it keeps on a server is gone afterwards.
    func withSettings(_ body: ([String: String]) async throws -> Void) async throws {
        var settings = transport == .inProcess ? [:] : HTTPBusSettings.make()
        let name = "t\(UUID().uuidString.lowercased().filter { $0 != "-" })"
        if transport == .redisStreams {
            settings["FRONTDESK_REDIS_URL"] = Self.redisURL
            settings["FRONTDESK_REDIS_KEY_PREFIX"] = name
        }
        guard database == .postgreSQL, let url = Self.postgreSQLURL else { return try await body(settings) }
        let prefix = name + "_"
        settings["FRONTDESK_DATABASE_URL"] = url
        settings["FRONTDESK_DATABASE_SCHEMA_PREFIX"] = prefix
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await body(settings))
        } catch {
            outcome = .failure(error)
        }
        try await Self.dropSchemas(prefix, url)
        try outcome.get()
    }

    private static let redisURL = ProcessInfo.processInfo.environment["FRONTDESK_TEST_REDIS_URL"]
    private static let postgreSQLURL = ProcessInfo.processInfo.environment["FRONTDESK_TEST_POSTGRES_URL"]

    private static func dropSchemas(_ prefix: String, _ url: String) async throws {
        let database = try PostgreSQLDatabase(PostgreSQLConfiguration(url: url))
        for service in ServiceName.allCases {
            try await database.transaction {
                try $0.executeScript("DROP SCHEMA IF EXISTS \(prefix)\(service.rawValue) CASCADE")
            }
        }
    }
}

/// The bus over loopback, each service on a port of its own.
enum HTTPBusSettings {
    static let secret = "integration-test-bus-secret-0123456789"

    static func make() -> [String: String] {
        var settings = ["FRONTDESK_BUS": "http", "FRONTDESK_BUS_SECRET": secret]
        for service in ["USER", "CHAT", "AI", "ANALYTICS", "NOTIFICATION"] {
            settings["FRONTDESK_BUS_\(service)_URL"] = "http://127.0.0.1:\(FreePort.next())"
        }
        return settings
    }
}

/// The data sets that `FRONTDESK_TEST_DATA` names; tests that need them are skipped without.
enum TestData {
    static let folder = ProcessInfo.processInfo.environment["FRONTDESK_TEST_DATA"]

    static var isThere: Bool { folder != nil }

    static func read(_ path: String) throws -> Data {
        guard let folder else { throw HarnessError("FRONTDESK_TEST_DATA isn't set.") }
        return try Data(contentsOf: URL(filePath: "\(folder)/\(path)"))
    }

    static func names(in path: String) throws -> [String] {
        guard let folder else { throw HarnessError("FRONTDESK_TEST_DATA isn't set.") }
        return try FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(path)").sorted()
    }
}

struct HarnessError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
