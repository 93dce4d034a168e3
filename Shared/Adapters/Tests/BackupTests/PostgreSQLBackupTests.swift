import Backups
import Contracts
import FoundationEssentials
import PostgreSQL
import Testing

private let postgresURL = ProcessInfo.processInfo.environment["FRONTDESK_TEST_POSTGRES_URL"]

@Suite(
    .timeLimit(.minutes(1)),
    .enabled(
        if: postgresURL != nil, "FRONTDESK_TEST_POSTGRES_URL names no PostgreSQL server to test with."))
struct PostgreSQLBackupTests {
    @Test func whatWasBackedUpComesBackOnlyWhereThereIsNothing() async throws {
        let url = try #require(postgresURL)
        let schemas = ["chat", "ai"].map { "backup_\($0)_\(UUID().uuidString.lowercased().prefix(8))" }
        let database = PostgreSQLDatabase(try PostgreSQLConfiguration(url: url))
        func run(_ script: String) async throws {
            try await database.transaction { try $0.executeScript(script) }
        }
        func pages(_ schema: String) async throws -> [Int] {
            let reader = PostgreSQLDatabase(try PostgreSQLConfiguration(url: url, schema: schema))
            return try await reader.query("SELECT number FROM pages").map { try $0.value("number") }
        }
        for (index, schema) in schemas.enumerated() {
            try await run(
                "CREATE SCHEMA \(schema); CREATE TABLE \(schema).pages AS SELECT CAST(\(index) AS bigint) AS number"
            )
        }
        try await withTemporaryFolder { folder async throws in
            let (file, backup) = ("\(folder)/a.dump", try PostgreSQLBackup(url: url, schemas: schemas))
            try await backup.write(to: file)
            #expect(PostgreSQLBackup.isOne(file) && permissions(of: file) == 0o600)
            #expect(try names(in: folder) == ["a.dump"])
            await #expect(throws: BackupError.self) { try await backup.write(to: file) }
            try await PostgreSQLBackup.verify(file)

            let error = await #expect(throws: BackupError.self) { try await backup.restore(file) }
            #expect(error?.description.contains("already exists") == true)
            try await run(schemas.map { "DROP SCHEMA \($0) CASCADE;" }.joined())
            try await backup.restore(file)
            #expect(try await pages(schemas[0]) == [0])
            #expect(try await pages(schemas[1]) == [1])

            let whole = try Data(contentsOf: URL(filePath: file))
            try whole.prefix(whole.count / 2).write(to: URL(filePath: "\(folder)/half.dump"))
            await #expect(throws: BackupError.self) { try await PostgreSQLBackup.verify("\(folder)/half.dump") }
        }
        try await run(schemas.map { "DROP SCHEMA \($0) CASCADE;" }.joined())
    }
}
