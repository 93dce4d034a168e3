import Contracts
import ContractsTesting
import Dispatch
import FoundationEssentials
import PostgreSQL
import Testing

extension PersistenceTests {
    /// What is PostgreSQL's own affair.
    @Suite(withPostgres) struct PostgreSQLDatabaseTests {
        @Test func transactionThatMetAnotherIsRunAgain() async throws {
            try await withSchema { configuration async throws in
                let database = PostgreSQLDatabase(configuration)
                try await database.createCounters()
                let hasRead = Gate()
                let mayGoOn = DispatchSemaphore(value: 0)
                let attempts = Record<Int>()
                async let first: Void = database.transaction { transaction in
                    let value = try transaction.value(of: 1)
                    attempts.append(value)
                    hasRead.open()
                    if value == 0 { #expect(mayGoOn.wait(timeout: .now() + 10) == .success) }
                    try transaction.execute("UPDATE counters SET value = \(value + 1) WHERE id = 1")
                }
                try await hasRead.wait()
                try await database.transaction {
                    _ = try $0.execute("UPDATE counters SET value = 10 WHERE id = 1")
                }
                mayGoOn.signal()
                try await first
                #expect(attempts.items == [0, 10])
                #expect(try await database.read { try $0.value(of: 1) } == 11)
            }
        }

        @Test func transactionThatAlwaysMeetsAnotherGivesUp() async throws {
            try await withSchema { configuration async throws in
                var configuration = configuration
                configuration.conflictLimit = .milliseconds(50)
                let database = PostgreSQLDatabase(configuration)
                let error = await databaseError {
                    try await database.transaction { transaction in
                        try transaction.executeScript(
                            "DO $$ BEGIN RAISE EXCEPTION 'always' USING ERRCODE = '40001'; END $$")
                    }
                }
                #expect(error == .unavailable("always"))
            }
        }

        @Test func failureThatTheBodyIgnoresStillUndoesIt() async throws {
            try await withSchema { configuration async throws in
                let database = PostgreSQLDatabase(configuration)
                try await database.createCounters()
                let error = await databaseError {
                    try await database.transaction { transaction in
                        try transaction.execute("UPDATE counters SET value = 5")
                        _ = try? transaction.execute("INSERT INTO counters (id, value) VALUES (1, 1)")
                    }
                }
                #expect(error == .uniqueViolation("counters_pkey"))
                #expect(try await database.read { try $0.value(of: 1) } == 0)
            }
        }

        @Test func commitWhoseOutcomeIsUnknownIsNotRepeated() async throws {
            try await withSchema { configuration async throws in
                let database = PostgreSQLDatabase(configuration)
                try await database.createCounters()
                // The server hangs up when the commit comes to this trigger.
                try await database.transaction {
                    try $0.executeScript(
                        """
                        CREATE FUNCTION hang_up() RETURNS trigger LANGUAGE plpgsql AS
                        $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
                        CREATE CONSTRAINT TRIGGER hang_up AFTER UPDATE ON counters
                        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hang_up();
                        """)
                }
                let attempts = Record<Int>()
                let failure = await failure {
                    try await database.transaction { transaction in
                        attempts.append(1)
                        try transaction.execute("UPDATE counters SET value = 7")
                    }
                }
                #expect(failure?.kind == .unavailable)
                #expect(failure?.code == "database.outcome_unknown")
                #expect(attempts.items.count == 1)
                #expect(try await database.read { try $0.value(of: 1) } == 0)
            }
        }

        @Test func lostConnectionsAreReplaced() async throws {
            try await withSchema { configuration async throws in
                let database = PostgreSQLDatabase(configuration)
                let other = PostgreSQLDatabase(configuration)
                try await database.createCounters()
                let hangUp: SQL = """
                    SELECT count(pg_terminate_backend(pid)) AS ended FROM pg_stat_activity
                    WHERE pid = ANY (string_to_array(CAST(\(try await database.processes) AS TEXT), ' ')::int[])
                    """
                let ended = try await other.query(hangUp)[0].value("ended", as: Int.self)
                #expect(ended == 2, "the shared one and the exclusive one")
                #expect(try await database.query("SELECT value FROM counters").count == 1)
                try await database.transaction { _ = try $0.execute("UPDATE counters SET value = 3") }
                #expect(try await database.read { try $0.value(of: 1) } == 3)
            }
        }

        @Test func transactionWhoseConnectionIsLostIsRunAgain() async throws {
            try await withSchema { configuration async throws in
                let database = PostgreSQLDatabase(configuration)
                try await database.createCounters()
                let attempts = Record<Int>()
                try await database.transaction { transaction in
                    try transaction.execute("UPDATE counters SET value = value + 1")
                    attempts.append(1)
                    if attempts.items.count == 1 {
                        _ = try transaction.query("SELECT pg_terminate_backend(pg_backend_pid())")
                    }
                }
                #expect(attempts.items.count == 2)
                #expect(try await database.read { try $0.value(of: 1) } == 1)
            }
        }

        @Test func tablesThatChangeDoNotBreakWhatWasPrepared() async throws {
            try await withSchema { configuration async throws in
                var configuration = configuration
                configuration.exclusiveConnections = 1
                let database = PostgreSQLDatabase(configuration)
                try await database.createCounters()
                let statement: SQL = "SELECT * FROM counters WHERE id = \(1)"
                _ = try await (database.query(statement), database.read { try $0.query(statement) })
                try await database.transaction {
                    try $0.executeScript("ALTER TABLE counters ADD COLUMN note TEXT DEFAULT 'new'")
                }
                let rows = try await database.query(statement) + database.read { try $0.query(statement) }
                #expect(try rows.map { try $0.value("note", as: String.self) } == ["new", "new"])
            }
        }

        @Test func statementsThatTheServerKeepsAreBounded() async throws {
            try await withSchema { configuration async throws in
                var configuration = configuration
                configuration.sharedConnections = 1
                configuration.exclusiveConnections = 1
                let database = PostgreSQLDatabase(configuration)
                for count in 1...250 {
                    let list = SQL.list(1...count)
                    let statement: SQL =
                        "SELECT count(*) AS count FROM (VALUES (1)) AS v (i) WHERE i IN (\(list))"
                    let rows = try await database.query(statement) + database.read { try $0.query(statement) }
                    #expect(try rows.map { try $0.value("count", as: Int.self) } == [1, 1])
                }
                let kept: SQL = "SELECT count(*) AS kept FROM pg_prepared_statements"
                let rows = try await database.query(kept) + database.read { try $0.query(kept) }
                #expect(try rows.map { try $0.value("kept", as: Int.self) } == [200, 200])
            }
        }

        @Test func schemasAreKeptApart() async throws {
            try await withSchema { one async throws in
                try await withSchema { other async throws in
                    let databases = (PostgreSQLDatabase(one), PostgreSQLDatabase(other))
                    try await databases.0.createCounters()
                    await #expect(throws: DatabaseError.self) {
                        try await databases.1.query("SELECT value FROM counters")
                    }
                    try await databases.1.createCounters()
                    try await databases.1.transaction { _ = try $0.execute("UPDATE counters SET value = 9") }
                    #expect(try await databases.0.read { try $0.value(of: 1) } == 0)
                }
            }
        }

        @Test func typesOfOthersAreReadToo() async throws {
            try await withSchema { configuration async throws in
                let database = PostgreSQLDatabase(configuration)
                let row = try await database.query(
                    """
                    SELECT 7::int2 AS small, -7::int4 AS medium, sum(x::bigint) AS total, 0.5::float4 AS half,
                        12345678901234567890.5::numeric AS large, -0.00012::numeric AS tiny, 1e20::numeric AS round,
                        'NaN'::numeric AS none, 'a'::varchar(5) AS words, 'n'::name AS name, '{}'::json AS document
                    FROM (VALUES (9007199254740993), (-20000)) AS v (x)
                    """)[0]
                #expect(
                    row.values.dropLast(4) + row.values.suffix(3) == [
                        .integer(7), .integer(-7), .integer(9_007_199_254_720_993), .real(0.5),
                        .real(12_345_678_901_234_567_890.5), .real(-0.00012), .real(1e20), .text("a"),
                        .text("n"),
                        .text("{}"),
                    ])
                #expect(try row.value("none", as: Double.self).isNaN)
                let error = await databaseError { try await database.query("SELECT '{1}'::int[] AS list") }
                #expect(error == .failed("Column list is of type 1007, which has no form here: CAST it."))
            }
        }
    }
}

func databaseError<Result>(of operation: () async throws -> Result) async -> DatabaseError? {
    do {
        _ = try await operation()
        return nil
    } catch {
        return error as? DatabaseError
    }
}

extension PostgreSQLDatabase {
    fileprivate func createCounters() async throws {
        try await transaction {
            try $0.executeScript(
                """
                CREATE TABLE counters (id BIGINT PRIMARY KEY, value BIGINT NOT NULL);
                INSERT INTO counters (id, value) VALUES (1, 0);
                """)
        }
    }

    /// The server's, of one shared and one exclusive connection.
    fileprivate var processes: String {
        get async throws {
            let statement: SQL = "SELECT CAST(pg_backend_pid() AS TEXT) AS pid"
            let rows = try await query(statement) + read { try $0.query(statement) }
            return try rows.map { try $0.value("pid", as: String.self) }.joined(separator: " ")
        }
    }
}

extension SQLReader {
    fileprivate func value(of id: Int) throws -> Int {
        try query("SELECT value FROM counters WHERE id = \(id)")[0].value("value")
    }
}
