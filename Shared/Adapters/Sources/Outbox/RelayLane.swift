import Contracts
import Logging

/// One subscriber's way through the events.
///
/// Its place is stored after the delivery, so a crash in between delivers again; the consumer's inbox
/// makes that harmless.
struct RelayLane: Sendable {
    let subscriber: ServiceName
    let relay: Relay

    private static let batchSize = 100
    /// After this many failures in a row an event is set aside, and the others flow on.
    static let maximumAttempts = 10
    private static let longestBackoff = Duration.seconds(30)

    /// Runs until cancelled.
    func run() async throws {
        for await _ in relay.doorbell.rings() {
            var unreachable = 0
            while !Task.isCancelled {
                do {
                    guard try await deliverBatch() else { break }
                    unreachable = 0
                } catch {
                    // The subscriber is away, or our own database is: not the event's fault, so it doesn't
                    // count as an attempt.
                    unreachable += 1
                    relay.logger.debug(
                        "Relay waits",
                        metadata: ["frontdesk.subscriber": "\(subscriber)", "error.message": "\(error)"])
                    try await relay.sleep(backoff(after: unreachable))
                }
            }
        }
    }

    /// - Returns: Whether there may be more to do at once.
    func deliverBatch() async throws -> Bool {
        let names = try await relay.bus.subscriptions(of: subscriber)
        guard !names.isEmpty else { return false }
        let cursor = try await cursor()
        let rows = try await relay.database.query(
            """
            SELECT * FROM events WHERE position > \(cursor.position) AND name IN (\(SQL.list(names.sorted())))
            ORDER BY position LIMIT \(Self.batchSize)
            """)
        guard !rows.isEmpty else { return false }

        let report = try await relay.bus.deliver(rows.map(EventEnvelope.init), to: subscriber)
        var reached = cursor
        if report.delivered > 0 {
            reached = Cursor(position: try rows[report.delivered - 1].value("position"), attempts: 0)
        }
        guard let failure = report.failure else {
            try await store(reached)
            return rows.count == Self.batchSize
        }
        return try await recover(from: failure, of: rows[report.delivered], at: reached)
    }

    /// Waits before the next attempt, or gives the event up.
    private func recover(from failure: ServiceError, of row: SQLRow, at reached: Cursor) async throws -> Bool {
        let attempts = reached.attempts + 1
        guard !failure.isTransient || attempts >= Self.maximumAttempts else {
            try await store(Cursor(position: reached.position, attempts: attempts))
            try await relay.sleep(backoff(after: attempts))
            return true
        }
        let position: Int64 = try row.value("position")
        let name: String = try row.value("name")
        let diedAt = relay.now()
        try await relay.database.transaction { transaction in
            try transaction.execute(
                """
                INSERT INTO dead_letters (subscriber, position, code, reason, attempts, died_at)
                VALUES (\(subscriber.rawValue), \(position), \(failure.code), \(failure.message), \(attempts), \(diedAt))
                ON CONFLICT (subscriber, position) DO NOTHING
                """)
            try Cursor(position: position, attempts: 0).store(for: subscriber, in: transaction)
        }
        relay.logger.error(
            "Event set aside",
            metadata: [
                "frontdesk.subscriber": "\(subscriber)", "frontdesk.event.position": "\(position)",
                "frontdesk.event.name": "\(name)",
                "error.code": "\(failure.code)", "error.message": "\(failure.message)",
            ])
        return true
    }

    /// Full jitter: anywhere between nothing and the bound, which doubles.
    /// Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    private func backoff(after attempts: Int) -> Duration {
        let bound = min(Self.longestBackoff, .milliseconds(200) * (1 << min(attempts, 10)))
        return bound * relay.random()
    }

    private func cursor() async throws -> Cursor {
        let row = try await relay.database.query(
            "SELECT position, attempts FROM relay_cursors WHERE subscriber = \(subscriber.rawValue)"
        ).first
        guard let row else { return Cursor(position: 0, attempts: 0) }
        return Cursor(position: try row.value("position"), attempts: try row.value("attempts"))
    }

    private func store(_ cursor: Cursor) async throws {
        try await relay.database.transaction { try cursor.store(for: subscriber, in: $0) }
    }
}

/// A subscriber's place: the last event it has dealt with, and how often the next one has failed.
private struct Cursor {
    let position: Int64
    let attempts: Int

    func store(for subscriber: ServiceName, in transaction: any SQLTransaction) throws {
        try transaction.execute(
            """
            INSERT INTO relay_cursors (subscriber, position, attempts)
            VALUES (\(subscriber.rawValue), \(position), \(attempts))
            ON CONFLICT (subscriber) DO UPDATE SET position = excluded.position, attempts = excluded.attempts
            """)
    }
}
