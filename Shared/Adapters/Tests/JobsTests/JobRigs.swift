import Contracts
import ContractsTesting
import FoundationEssentials
import Jobs
import Logging
import PostgreSQL
import SQLite
import Testing

extension JobQueueRig {
    static let sqlite = JobQueueRig("SQLite") { body in
        try await withTemporaryFolder { folder async throws in
            try await body(.on(SQLiteDatabase(path: folder + "/test.sqlite")))
        }
    }

    static let postgres = JobQueueRig("PostgreSQL") { body in
        try await withSchema { configuration async throws in
            try await body(.on(PostgreSQLDatabase(configuration)))
        }
    }
}

extension JobsUnderTest {
    /// - Parameter database: Empty.
    static func on(_ database: any Database) async throws -> JobsUnderTest {
        for migration in SQLJobQueue.migrations {
            try await database.transaction { try $0.executeScript(migration.script(for: $0.dialect)) }
        }
        return JobsUnderTest(database: database) { database, now, sleep, settings in
            let queue = SQLJobQueue(database: database, now: now)
            return JobProcess(queue: queue, database: queue.database, sleep: sleep) { table in
                await JobRunner(
                    queue: queue, table: table,
                    settings: .init(concurrency: settings.concurrency, isAlone: settings.isAlone), now: now,
                    sleep: sleep.callAsFunction, random: { 0.5 }, logger: .quiet
                ).run()
            }
        }
    }
}

func withTemporaryFolder(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "jobs-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await body(folder)
}

/// The URL of a superuser on a server that is thrown away.
private let postgresURL = ProcessInfo.processInfo.environment["FRONTDESK_TEST_POSTGRES_URL"]
let withPostgres = ConditionTrait.enabled(
    if: postgresURL != nil, "FRONTDESK_TEST_POSTGRES_URL names no PostgreSQL server to test with.")

/// Makes a schema, and removes it whatever happens.
private func withSchema(_ body: (PostgreSQLConfiguration) async throws -> Void) async throws {
    let url = try #require(postgresURL)
    let name = "test_" + UUID().uuidString.lowercased().filter { $0 != "-" }
    let administrator = try PostgreSQLDatabase(PostgreSQLConfiguration(url: url))
    try await administrator.transaction { try $0.executeScript("CREATE SCHEMA \(name)") }
    let outcome: Result<Void, any Error>
    do {
        outcome = .success(try await body(PostgreSQLConfiguration(url: url, schema: name)))
    } catch {
        outcome = .failure(error)
    }
    try await administrator.transaction { try $0.executeScript("DROP SCHEMA \(name) CASCADE") }
    try outcome.get()
}

extension Logger {
    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}
