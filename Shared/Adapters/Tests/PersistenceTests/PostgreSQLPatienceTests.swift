import Contracts
import ContractsTesting
import Dispatch
import FoundationEssentials
import Glibc
import PostgreSQL
import Testing

extension PersistenceTests {
    /// Nobody waits for longer than they want to, whatever the server does.
    @Suite(withPostgres) struct PostgreSQLPatienceTests {
        private static let endless: SQL = "SELECT CAST(pg_sleep(600) AS TEXT) AS slept"

        @Test(arguments: ["query", "read", "transaction", "rows"])
        func serverStopsWhatNobodyWaitsForAnyMore(way: String) async throws {
            try await withSchema { configuration async throws in
                let database = PostgreSQLDatabase(configuration)
                let other = PostgreSQLDatabase(configuration)
                let mark = "/* \(UUID().uuidString) */"
                // Safe: the mark is made of letters and digits.
                let statement = Self.endless + SQL(stringLiteral: mark)
                let waiting = Task {
                    switch way {
                    case "query": _ = try await database.query(statement)
                    case "read": try await database.read { _ = try $0.query(statement) }
                    case "rows": try await database.rows(statement) { _ in }
                    default: try await database.transaction { _ = try $0.query(statement) }
                    }
                }
                @Sendable func isRunning() async throws -> Bool {
                    try await !other.query(
                        """
                        SELECT pid FROM pg_stat_activity
                        WHERE state = 'active' AND (query LIKE \("%\(mark)%") OR query LIKE 'FETCH%')
                        AND pid <> pg_backend_pid()
                        """
                    ).isEmpty
                }
                try await within { while try await !isRunning() {} }
                waiting.cancel()
                let outcome = try await within(.seconds(1)) { await waiting.result }
                #expect(throws: CancellationError.self) { try outcome.get() }
                try await within { while try await isRunning() {} }
                // And the connection is as good as before.
                #expect(try await database.query("SELECT 1 AS one").count == 1)
                try await database.transaction { _ = try $0.query("SELECT 1 AS one") }
            }
        }

        @Test func whoSharesAConnectionWithSomebodyCancelledGetsAnAnswer() async throws {
            try await withSchema { configuration async throws in
                var configuration = configuration
                configuration.sharedConnections = 1
                let database = PostgreSQLDatabase(configuration)
                for _ in 0..<20 {
                    let slow = Task { try await database.query(Self.endless) }
                    try await withThrowingTaskGroup(of: Int.self) { group in
                        for number in 0..<20 {
                            group.addTask {
                                try await database.query("SELECT CAST(\(number) AS BIGINT) AS number")[0].value(
                                    "number")
                            }
                        }
                        slow.cancel()
                        let sum = try await group.reduce(0, +)
                        #expect(sum == 190)
                    }
                }
            }
        }

        @Test func statementThatTakesTooLongIsUnavailable() async throws {
            try await withSchema { configuration async throws in
                var configuration = configuration
                configuration.statementLimit = .milliseconds(100)
                let database = PostgreSQLDatabase(configuration)
                for error in [
                    await databaseError { try await database.query(Self.endless) },
                    await databaseError { try await database.read { _ = try $0.query(Self.endless) } },
                    await databaseError { try await database.transaction { _ = try $0.query(Self.endless) } },
                    await databaseError { try await database.rows(Self.endless) { _ in } },
                ] {
                    guard case .unavailable = error else {
                        Issue.record("Expected .unavailable, got \(String(describing: error))")
                        continue
                    }
                }
                // A script may take its time: a migration does.
                try await database.transaction { try $0.executeScript("SELECT pg_sleep(0.2)") }
            }
        }

        @Test func waitingForAConnectionHasALimit() async throws {
            try await withSchema { configuration async throws in
                var configuration = configuration
                configuration.exclusiveConnections = 1
                configuration.maximumWaiting = 2
                configuration.waitingLimit = .milliseconds(200)
                let database = PostgreSQLDatabase(configuration)
                let isHeld = Gate()
                let mayGoOn = DispatchSemaphore(value: 0)
                async let holder: Void = database.transaction { _ in
                    isHeld.open()
                    #expect(mayGoOn.wait(timeout: .now() + 20) == .success)
                }
                try await isHeld.wait()
                let errors = Record<DatabaseError?>()
                for _ in 0..<3 {
                    Task { errors.append(await databaseError { try await database.transaction { _ in } }) }
                }
                try await within { try await errors.reaches(3) }
                let metrics = database.metrics.exclusive
                mayGoOn.signal()
                try await holder
                #expect(
                    errors.items == [
                        .unavailable("Too many wait for the database."),
                        .unavailable("No connection to the database became free in time."),
                        .unavailable("No connection to the database became free in time."),
                    ])
                #expect(metrics.open == 1 && metrics.busy == 1 && metrics.waiting == 0)
                try await database.transaction { _ in }
            }
        }

        @Test func serverThatIsNotThereIsUnavailable() async throws {
            let silent = try SilentServer()
            var places = ["127.0.0.1:1", "127.0.0.1:\(silent.port)"]
            places += ["nowhere.invalid"]
            for place in places {
                var configuration = try PostgreSQLConfiguration(url: "postgres://ada:hunter2@\(place)/chat")
                configuration.connectLimit = .milliseconds(200)
                let database = PostgreSQLDatabase(configuration)
                for error in try await [
                    within { await databaseError { try await database.query("SELECT 1") } },
                    within { await databaseError { try await database.transaction { _ in } } },
                    within { await databaseError { try await database.rows("SELECT 1") { _ in } } },
                ] {
                    guard case .unavailable(let message) = error else {
                        Issue.record("Expected .unavailable, got \(String(describing: error))")
                        continue
                    }
                    #expect(!message.contains("hunter2"))
                }
            }
        }

        @Test func wrongPasswordIsToldWithoutIt() async throws {
            let url = try #require(postgresURL)
            let parts = url.split(separator: "@")
            let database = try PostgreSQLDatabase(
                PostgreSQLConfiguration(url: "postgres://postgres:hunter2@\(parts[1])"))
            let error = await databaseError { try await database.query("SELECT 1") }
            guard case .unavailable(let message) = error else {
                Issue.record("Expected .unavailable, got \(String(describing: error))")
                return
            }
            #expect(message.contains("password authentication failed"))
            #expect(!message.contains("hunter2"))
        }

        @Test(arguments: [
            "mysql://ada:hunter2@localhost/chat", "postgres://ada:hunter2/4@localhost/chat",
            "postgres://ada:hunter2@localhost:port/chat", "host=localhost hunter2",
            "postgres://ada:%hunter2@localhost",
        ])
        func addressThatIsNoneIsRefusedWithoutRepeatingIt(url: String) {
            let error = #expect(throws: DatabaseError.self) { try PostgreSQLConfiguration(url: url) }
            #expect(error.map { !"\($0)".contains("hunter2") } == true)
        }
    }
}

/// Lets everybody connect, and says nothing.
private final class SilentServer: Sendable {
    let port: UInt16
    private let descriptor: Int32

    init() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        descriptor = listener
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) + listen(listener, 16) + getsockname(listener, $0, &length)
            }
        }
        try #require(status == 0)
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit {
        close(descriptor)
    }
}
