import Contracts
import PostgreSQL

/// Looking a row up by its key, 8 callers at once: one round, on the table that pgbench makes for its own.
struct PointReads {
    let url: String

    private static let callers = 8
    private static let roundDuration = Duration.seconds(3)
    /// What `pgbench -i -s 1` makes.
    private static let accounts = 100_000

    func measure() async throws -> [String: Double] {
        let database = PostgreSQLDatabase(try PostgreSQLConfiguration(url: url))
        // Connected and prepared, as pgbench is when it begins to count.
        _ = try await reads(database, for: .milliseconds(300))
        return ["reads_per_second": try await reads(database, for: Self.roundDuration)]
    }

    private func reads(_ database: PostgreSQLDatabase, for duration: Duration) async throws -> Double {
        try await callsPerSecond(callers: Self.callers, for: duration) { _ in
            let id = Int.random(in: 1...Self.accounts)
            let rows = try await database.query("SELECT abalance FROM pgbench_accounts WHERE aid = \(id)")
            precondition(rows.count == 1, "there is no account \(id)")
        }
    }
}
