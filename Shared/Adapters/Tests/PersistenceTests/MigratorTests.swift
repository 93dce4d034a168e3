import Contracts
import ContractsTesting
import Logging
import Migrations
import PostgreSQL
import SQLite
import Testing

extension PersistenceTests {
    @Suite struct MigratorTests {
        private static let databases: [DatabaseRig] = postgresURL == nil ? [.sqlite] : [.sqlite, .postgres]
        private let clock = TestClock()

        @Test(arguments: databases) func migrationsAreAppliedOnceAndInOrder(on database: DatabaseRig)
            async throws
        {
            try await database { database in
                let migrations = [
                    Migration("0001_create_pages", "CREATE TABLE pages (number BIGINT PRIMARY KEY)"),
                    Migration(
                        "0002_add_text.sql",
                        "ALTER TABLE pages ADD text TEXT; INSERT INTO pages VALUES (1, 'a')"),
                ]
                for count in [1, 2, 2] { try await apply(Array(migrations.prefix(count)), to: database) }
                #expect(try await database.pages == [1])
                let rows = try await database.query("SELECT * FROM schema_migrations ORDER BY version")
                #expect(try rows.map { try $0.value("name", as: String.self) } == ["create_pages", "add_text"])
                #expect(try rows.map { try $0.value("version", as: Int.self) } == [1, 2])
                #expect(try rows.allSatisfy { try $0.value("applied_at") == clock.now() })
                #expect(try rows.allSatisfy { try $0.value("checksum", as: String.self).count == 64 })
            }
        }

        @Test(arguments: databases) func eachDatabaseGetsItsOwnScript(on database: DatabaseRig) async throws {
            try await database { database in
                let migration = Migration(
                    fileName: "0001_create_pages",
                    sqlite: Array("CREATE TABLE pages (number INTEGER PRIMARY KEY AUTOINCREMENT)".utf8),
                    postgres: Array("CREATE TABLE pages (number bigint GENERATED ALWAYS AS IDENTITY)".utf8))
                try await apply([migration], to: database)
                #expect(try await database.pages == [])
            }
        }

        @Test(arguments: databases) func componentsCountOnTheirOwn(on database: DatabaseRig) async throws {
            try await database { database in
                try await apply([Migration("0001_a", "CREATE TABLE a (id BIGINT)")], of: "chat", to: database)
                try await apply([Migration("0001_b", "CREATE TABLE b (id BIGINT)")], of: "outbox", to: database)
                #expect(try await database.query("SELECT * FROM a, b").isEmpty)
            }
        }

        @Test(arguments: databases) func failingMigrationLeavesNothingAndTheNextStartGoesOnFromThere(
            on database: DatabaseRig
        ) async throws {
            try await database { database in
                let broken = Migration(
                    "0002_fill", "INSERT INTO pages VALUES (1); INSERT INTO pages VALUES (1)")
                let mended = Migration(
                    "0002_fill", "INSERT INTO pages VALUES (1); INSERT INTO pages VALUES (2)")
                let last = Migration("0003_more", "INSERT INTO pages VALUES (3)")
                await #expect(throws: DatabaseError.self) {
                    try await apply([.createPages, broken, last], to: database)
                }
                #expect(try await database.pages == [])
                try await apply([.createPages, mended, last], to: database)
                #expect(try await database.pages == [1, 2, 3])
            }
        }

        @Test(arguments: databases) func newerSchemaIsRefusedBeforeAnythingChanges(on database: DatabaseRig)
            async throws
        {
            try await database { database in
                let migrations = [Migration.createPages, .fill(2), .fill(3)]
                try await apply(migrations, to: database)
                let before = try await database.log
                let error = await #expect(throws: SchemaIsNewer.self) {
                    try await apply(Array(migrations.prefix(2)), to: database)
                }
                #expect(error?.found == 3 && error?.known == 2)
                #expect(error?.description.contains("chat") == true)
                #expect(try await database.pages == [2, 3])
                #expect(try await database.log == before)
            }
        }

        @Test(arguments: databases) func changedMigrationIsRefusedBeforeAnythingChanges(
            on database: DatabaseRig
        ) async throws {
            try await database { database in
                try await apply([.createPages, .fill(2)], to: database)
                let before = try await database.log
                let changed = Migration("0002_fill", "INSERT INTO pages VALUES (22)")
                let error = await #expect(throws: MigrationChanged.self) {
                    try await apply([.createPages, changed, .fill(3)], to: database)
                }
                #expect(error?.version == 2 && error?.name == "fill" && error?.component == "chat")
                #expect(try await database.pages == [2])
                #expect(try await database.log == before)
            }
        }

        @Test func migrationsFromBeforeThereWereChecksumsAreTakenAsTheyAre() async throws {
            try await DatabaseRig.sqlite { database in
                try await database.transaction { try $0.executeScript(Self.firstForm) }
                #expect(
                    try await states([.createPages, .fill(2)], on: database) == [
                        .applied(at: .epoch), .missing,
                    ])
                try await apply([.createPages, .fill(2)], to: database)
                #expect(try await database.pages == [2])
                let changed = Migration("0001_create_pages", "CREATE TABLE pages (number TEXT)")
                let error = await #expect(throws: MigrationChanged.self) {
                    try await apply([changed, .fill(2)], to: database)
                }
                #expect(error?.version == 1)
            }
        }

        @Test func newerSchemaFromBeforeThereWereChecksumsIsLeftAsItIs() async throws {
            try await DatabaseRig.sqlite { database in
                try await database.transaction { try $0.executeScript(Self.firstForm) }
                await #expect(throws: SchemaIsNewer.self) { try await apply([], to: database) }
                let columns = try await database.query("SELECT * FROM schema_migrations")[0].columns
                #expect(columns == ["component", "version", "name", "applied_at"])
            }
        }

        @Test(arguments: databases) func statusTellsWhatWasAppliedAndChangesNothing(on database: DatabaseRig)
            async throws
        {
            try await database { database in
                let migrations = [Migration.createPages, .fill(2), .fill(3)]
                #expect(try await states(migrations, on: database) == [.missing, .missing, .missing])
                try await apply(Array(migrations.prefix(2)), to: database)
                let now = clock.now()
                #expect(
                    try await states(migrations, on: database) == [
                        .applied(at: now), .applied(at: now), .missing,
                    ])
                let changed = Migration("0001_create_pages", "SELECT 1")
                #expect(try await states([changed], on: database) == [.changed(at: now), .unknown(at: now)])
                #expect(try await database.pages == [2])
            }
        }

        @Test func programsThatStartTogetherShareTheWork() async throws {
            try await withTemporaryFolder { folder async throws in
                let path = folder + "/test.sqlite"
                // Each with a connection of its own, as processes have.
                try await startTogether(on: (0..<4).map { _ in try SQLiteDatabase(path: path) })
            }
        }

        @Test(withPostgres) func programsThatStartTogetherOnPostgreSQLShareTheWork() async throws {
            for _ in 0..<5 {
                try await withSchema { configuration async throws in
                    try await startTogether(on: (0..<4).map { _ in PostgreSQLDatabase(configuration) })
                }
            }
        }

        private func startTogether(on databases: [any Database]) async throws {
            let migrations = [Migration.createPages] + (2...20).map(Migration.fill)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for database in databases {
                    group.addTask { try await apply(migrations, to: database) }
                }
                try await group.waitForAll()
            }
            #expect(try await databases[0].pages == Array(2...20))
        }

        private func apply(
            _ migrations: [Migration], of component: String = "chat", to database: any Database
        ) async throws {
            try await Migrator(database: database, now: clock.now, logger: .quiet).apply(
                migrations, of: component)
        }

        private func states(_ migrations: [Migration], on database: any Database) async throws -> [SchemaStatus
            .State]
        {
            let migrator = Migrator(database: database, now: clock.now, logger: .quiet)
            return try await migrator.status(of: "chat", migrations).steps.map(\.state)
        }

        /// What the first version left, with one migration applied.
        private static let firstForm = """
            CREATE TABLE schema_migrations (
                component TEXT NOT NULL, version INTEGER NOT NULL, name TEXT NOT NULL, applied_at BIGINT NOT NULL,
                PRIMARY KEY (component, version)
            );
            CREATE TABLE pages (number BIGINT PRIMARY KEY);
            INSERT INTO schema_migrations VALUES ('chat', 1, 'create_pages', 0);
            """
    }
}

extension Migration {
    init(_ fileName: String, _ script: String) {
        self.init(fileName: fileName, script: Array(script.utf8))
    }

    fileprivate static let createPages = Migration(
        "0001_create_pages", "CREATE TABLE pages (number BIGINT PRIMARY KEY)")

    /// The migration of that number, which inserts it.
    fileprivate static func fill(_ number: Int) -> Migration {
        Migration("\(number)_fill", "INSERT INTO pages VALUES (\(number))")
    }
}

extension Database {
    fileprivate var pages: [Int] {
        get async throws {
            try await query("SELECT number FROM pages ORDER BY number").map { try $0.value("number") }
        }
    }

    /// All that the migrator has noted.
    fileprivate var log: [[SQLValue]] {
        get async throws { try await query("SELECT * FROM schema_migrations ORDER BY version").map(\.values) }
    }
}

extension Instant {
    fileprivate static let epoch = Instant(microsecondsSinceEpoch: 0)
}
