import Contracts
import ContractsTesting
import Dispatch
import FoundationEssentials
import Glibc
import PostgreSQL
import Synchronization
import Testing

extension PersistenceTests {
    /// What a server does to those who depend on it when it crashes, hangs or is full.
    @Suite(
        .enabled(
            if: PostgreSQLServer.programs != nil,
            "There is no PostgreSQL server to start here: initdb is in no folder of PATH and not below /usr/lib/postgresql."
        ))
    struct PostgreSQLFaultTests {
        @Test func everyAcknowledgedCommitOutlivesACrash() async throws {
            try await PostgreSQLServer.run { server in
                let database = PostgreSQLDatabase(try server.configuration)
                try await database.transaction {
                    try $0.executeScript("CREATE TABLE commits (number BIGINT NOT NULL)")
                }
                let load = Load()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for writer in 1...4 { group.addTask { try await load.write(to: database, writer) } }
                    group.addTask { try await load.read(from: database) }
                    try await load.reaches(moreCommits: 50, moreReads: 50)
                    try await server.crashAndRecover()
                    try await within(.seconds(5)) { try await load.reaches(moreCommits: 50, moreReads: 50) }
                    load.end()
                    try await group.waitForAll()
                }
                let failures = load.failures.items
                #expect(!failures.isEmpty)
                let others = failures.map { $0.error }.filter { $0.kind != .unavailable }
                #expect(others == [])
                let rows = try await database.query("SELECT number FROM commits ORDER BY number")
                let numbers = try rows.map { try $0.value("number", as: Int.self) }
                let known = Set(load.commits.items)
                let uncertain = failures.filter { $0.error.code == "database.outcome_unknown" }.map {
                    $0.number
                }
                #expect(numbers.count == Set(numbers).count)
                let lost = known.subtracting(numbers)
                #expect(lost == [])
                let unexplained = Set(numbers).subtracting(known).subtracting(uncertain)
                #expect(unexplained == [])
            }
        }

        @Test func nobodyWaitsForAServerThatHangs() async throws {
            try await PostgreSQLServer.run { server in
                let database = PostgreSQLDatabase(try server.configuration)
                let observer = PostgreSQLDatabase(try server.configuration)
                try await database.transaction { try $0.executeScript(Self.tableWhoseCommitTakesLong) }
                let failures = Record<ServiceError?>()
                for way in Self.ways {
                    Task { failures.append(await failure { try await way(database, Self.endless) }) }
                }
                let commit = Task {
                    await failure {
                        try await database.transaction { try $0.execute("INSERT INTO slow VALUES (1)") }
                    }
                }
                let busy: SQL = """
                    SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND pid <> pg_backend_pid()
                    """
                try await eventually { try await observer.query(busy).count == 5 }

                server.signal(SIGSTOP)
                let outcomeUnknown = try await within(.seconds(3)) {
                    try await failures.reaches(4)
                    return await commit.value
                }
                #expect(failures.items == Array(repeating: .databaseUnavailable, count: 4))
                #expect(outcomeUnknown?.code == "database.outcome_unknown")
                for way in Self.ways {
                    let told = try await within(.milliseconds(500)) {
                        await failure { try await way(database, "SELECT 1") }
                    }
                    #expect(told == .databaseUnavailable)
                }

                server.signal(SIGCONT)
                for way in Self.ways {
                    try await eventually(within: .seconds(5)) {
                        await Self.works { try await way(database, "SELECT 1") }
                    }
                }
            }
        }

        @Test func firstCallerOfAServerThatHangsDoesNotWaitEither() async throws {
            try await PostgreSQLServer.run { server in
                server.signal(SIGSTOP)
                let database = PostgreSQLDatabase(try server.configuration)
                let failures = Record<ServiceError?>()
                for way in Self.ways {
                    Task { failures.append(await failure { try await way(database, "SELECT 1") }) }
                }
                try await within(.seconds(3)) { try await failures.reaches(4) }
                #expect(failures.items == Array(repeating: .databaseUnavailable, count: 4))
            }
        }

        @Test func serverThatTakesNoMoreConnectionsIsUnavailableUntilItDoes() async throws {
            let settings = ["max_connections=8", "superuser_reserved_connections=0", "max_wal_senders=0"]
            try await PostgreSQLServer.run(settings) { server in
                let database = PostgreSQLDatabase(try server.configuration)
                let haveBegun = Record<Void>()
                let holding = Task {
                    // They are closed with it.
                    let holder = PostgreSQLDatabase(try server.configuration)
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for _ in 1...8 {
                            group.addTask {
                                try await holder.transaction { transaction in
                                    _ = try transaction.query("SELECT 1")
                                    haveBegun.append(())
                                    // Long enough to be suspected of hanging, if a refusal were no answer.
                                    _ = try transaction.query(Self.statementTaking(seconds: 3))
                                }
                            }
                        }
                        try await group.waitForAll()
                    }
                }
                try await within { try await haveBegun.reaches(8) }
                for way in Self.ways {
                    let told = try await within(.seconds(1)) {
                        await failure { try await way(database, "SELECT 1") }
                    }
                    #expect(told == .databaseUnavailable)
                }
                try await holding.value
                for way in Self.ways {
                    try await eventually(within: .seconds(5)) {
                        await Self.works { try await way(database, "SELECT 1") }
                    }
                }
            }
        }

        @Test(withPostgres) func slowStatementsOfAHealthyServerAreLeftAlone() async throws {
            try await withSchema { configuration async throws in
                let database = PostgreSQLDatabase(configuration)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for way in Self.ways {
                        group.addTask { try await way(database, Self.statementTaking(seconds: 3)) }
                    }
                    try await group.waitForAll()
                }
            }
        }

        // MARK: - What they ask

        /// All ways to run a statement.
        private static let ways: [@Sendable (PostgreSQLDatabase, SQL) async throws -> Void] = [
            { _ = try await $0.query($1) },
            { database, statement in _ = try await database.read { try $0.query(statement) } },
            { database, statement in _ = try await database.transaction { try $0.query(statement) } },
            { try await $0.rows($1) { _ in } },
        ]

        private static let endless = statementTaking(seconds: 600)

        private static func statementTaking(seconds: Int) -> SQL {
            "SELECT CAST(pg_sleep(\(Double(seconds))) AS TEXT) AS slept"
        }

        private static let tableWhoseCommitTakesLong = """
            CREATE TABLE slow (number BIGINT NOT NULL);
            CREATE FUNCTION take_long() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_sleep(600); RETURN NULL; END $$;
            CREATE CONSTRAINT TRIGGER take_long AFTER INSERT ON slow
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION take_long();
            """

        private static func works(_ operation: () async throws -> Void) async -> Bool {
            do {
                try await operation()
                return true
            } catch {
                #expect(ServiceError(describing: error) == .databaseUnavailable)
                return false
            }
        }
    }
}

/// Writers and a reader that go on whatever happens, and note it.
private final class Load: Sendable {
    let commits = Record<Int>()
    let reads = Record<Int>()
    let failures = Record<Failure>()
    private let isOver = Atomic(false)

    struct Failure: Sendable {
        let number: Int
        let error: ServiceError
    }

    func write(to database: PostgreSQLDatabase, _ writer: Int) async throws {
        try await goOn(numbering: writer) { number in
            try await database.transaction {
                _ = try $0.execute("INSERT INTO commits (number) VALUES (\(number))")
            }
            self.commits.append(number)
        }
    }

    func read(from database: PostgreSQLDatabase) async throws {
        try await goOn(numbering: 0) { _ in
            let count = try await database.query("SELECT count(*) AS count FROM commits")[0]
            self.reads.append(try count.value("count"))
        }
    }

    func reaches(moreCommits: Int, moreReads: Int) async throws {
        let (commits, reads) = (commits.items.count + moreCommits, reads.items.count + moreReads)
        try await self.commits.reaches(commits)
        try await self.reads.reaches(reads)
    }

    func end() { isOver.store(true, ordering: .relaxed) }

    private func goOn(numbering first: Int, _ attempt: (Int) async throws -> Void) async throws {
        var number = first
        while !isOver.load(ordering: .relaxed) {
            do {
                try await attempt(number)
            } catch {
                failures.append(Failure(number: number, error: ServiceError(describing: error)))
                await nextLook()
            }
            number += 10
        }
    }
}

/// Looks again and again until it is so.
private func eventually(
    within limit: Duration = .seconds(15), _ isSo: @escaping @Sendable () async throws -> Bool
) async throws {
    try await within(limit) { while try await !isSo() { await nextLook() } }
}

/// Leaves some of the processor to the server that is looked at.
private func nextLook() async {
    await withCheckedContinuation { continuation in
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(5)) { continuation.resume() }
    }
}
