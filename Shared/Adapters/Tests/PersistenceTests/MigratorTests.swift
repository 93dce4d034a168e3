import Contracts
import ContractsTesting
import Logging
import Migrations
import SQLite
import Testing

extension PersistenceTests {
    @Suite struct MigratorTests {
        private let clock = TestClock()

        @Test func migrationsAreAppliedOnceAndInOrder() async throws {
            try await withMigrator { migrator, database async throws in
                let migrations = [
                    Migration("0001_create_notes", "CREATE TABLE notes (id INTEGER PRIMARY KEY)"),
                    Migration(
                        "0002_add_text.sqlite.sql",
                        "ALTER TABLE notes ADD text TEXT; INSERT INTO notes VALUES (1, 'a')"),
                ]
                for count in [1, 2, 2] { try await migrator.apply(Array(migrations.prefix(count)), of: "chat") }
                #expect(try await database.notes == [1])
                let rows = try await database.query("SELECT * FROM schema_migrations ORDER BY version")
                #expect(try rows.map { try $0.value("name", as: String.self) } == ["create_notes", "add_text"])
                #expect(try rows.map { try $0.value("version", as: Int.self) } == [1, 2])
                #expect(try rows.allSatisfy { try $0.value("applied_at") == clock.now() })
            }
        }

        @Test func componentsCountOnTheirOwn() async throws {
            try await withMigrator { migrator, database async throws in
                try await migrator.apply([Migration("0001_a", "CREATE TABLE a (id INTEGER)")], of: "chat")
                try await migrator.apply([Migration("0001_b", "CREATE TABLE b (id INTEGER)")], of: "outbox")
                #expect(
                    try await database.query("SELECT (SELECT count(*) FROM a) + (SELECT count(*) FROM b)").count
                        == 1)
            }
        }

        @Test func failingMigrationLeavesNothingAndTheNextStartGoesOnFromThere() async throws {
            try await withMigrator { migrator, database async throws in
                let first = Migration("0001_create_notes", "CREATE TABLE notes (id INTEGER PRIMARY KEY)")
                let broken = Migration(
                    "0002_fill", "INSERT INTO notes VALUES (1); INSERT INTO notes VALUES (1)")
                let mended = Migration(
                    "0002_fill", "INSERT INTO notes VALUES (1); INSERT INTO notes VALUES (2)")
                let last = Migration("0003_more", "INSERT INTO notes VALUES (3)")
                await #expect(throws: DatabaseError.self) {
                    try await migrator.apply([first, broken, last], of: "chat")
                }
                #expect(try await database.notes == [])
                try await migrator.apply([first, mended, last], of: "chat")
                #expect(try await database.notes == [1, 2, 3])
            }
        }

        @Test func newerSchemaIsRefusedBeforeAnythingChanges() async throws {
            try await withMigrator { migrator, database async throws in
                let migrations = [
                    Migration("0001_create_notes", "CREATE TABLE notes (id INTEGER PRIMARY KEY)"),
                    Migration("0002_fill", "INSERT INTO notes VALUES (1)"),
                    Migration("0003_fill", "INSERT INTO notes VALUES (2)"),
                ]
                try await migrator.apply(migrations, of: "chat")
                let before = try await database.query("SELECT * FROM schema_migrations").count
                let error = await #expect(throws: SchemaIsNewer.self) {
                    try await migrator.apply(Array(migrations.prefix(2)), of: "chat")
                }
                #expect(error?.found == 3 && error?.known == 2)
                #expect(error?.description.contains("chat") == true)
                #expect(try await database.notes == [1, 2])
                #expect(try await database.query("SELECT * FROM schema_migrations").count == before)
            }
        }

        @Test func programsThatStartTogetherShareTheWork() async throws {
            try await withTemporaryFolder { folder async throws in
                let migrations =
                    [Migration("0001_create_notes", "CREATE TABLE notes (id INTEGER PRIMARY KEY)")]
                    + (2...20).map { Migration("\($0)_fill", "INSERT INTO notes VALUES (\($0))") }
                let path = folder + "/test.sqlite"
                // Each with a connection of its own, as processes have.
                let databases = try (0..<4).map { _ in try SQLiteDatabase(path: path) }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for database in databases {
                        group.addTask { [clock] in
                            try await Migrator(database: database, now: clock.now, logger: .quiet)
                                .apply(migrations, of: "chat")
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(try await databases[0].notes == Array(2...20))
            }
        }

        private func withMigrator(_ body: (Migrator, any Database) async throws -> Void) async throws {
            try await withTemporaryFolder { folder async throws in
                let database = try SQLiteDatabase(path: folder + "/test.sqlite")
                try await body(Migrator(database: database, now: clock.now, logger: .quiet), database)
            }
        }
    }
}

extension Migration {
    init(_ fileName: String, _ script: String) {
        self.init(fileName: fileName, script: Array(script.utf8))
    }
}
