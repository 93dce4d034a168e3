import Contracts
import FoundationEssentials

/// Events of a service that a subscriber could not take.
struct DeadLetters: Sendable {
    let publisher: ServiceName
    let database: any Database

    private static let batchSize = 500
    private static let columns: SQL = """
        dead.subscriber, dead.code, dead.reason, dead.attempts, dead.history, dead.died_at, events.*
        """

    func list(for subscriber: ServiceName?, after last: DeadLetterID?, limit: Int) async throws
        -> [DeadLetterSummary]
    {
        let ofSubscriber: SQL = subscriber.map { "AND dead.subscriber = \($0)" } ?? ""
        let afterLast: SQL =
            last.map { "AND (dead.subscriber, dead.position) > (\($0.subscriber), \($0.position))" } ?? ""
        return try await database.query(
            """
            SELECT \(Self.columns) FROM dead_letters AS dead JOIN events ON events.position = dead.position
            WHERE 1 = 1 \(ofSubscriber) \(afterLast)
            ORDER BY dead.subscriber, dead.position LIMIT \(limit)
            """
        ).map(summary)
    }

    /// - Throws: `.notFound`.
    func details(of id: DeadLetterID) async throws -> DeadLetterView {
        let row = try await database.query(
            """
            SELECT \(Self.columns) FROM dead_letters AS dead JOIN events ON events.position = dead.position
            WHERE dead.subscriber = \(id.subscriber) AND dead.position = \(id.position)
            """
        ).first
        guard let row else { throw ServiceError.deadLetterNotFound }
        return DeadLetterView(
            summary: try summary(row), event: try RecordedEvent(row), attempts: try AttemptRecord(row).attempts)
    }

    /// Parks them, due at once, with what was tried before. The relay finds them there with its next poll.
    /// - Parameter position: `nil` for all of the subscriber's.
    /// - Returns: How many.
    /// - Throws: `.notFound` when it is no dead letter.
    func redrive(_ position: Int64?, for subscriber: ServiceName, at now: Instant) async throws -> Int {
        let log = DeliveryLog(subscriber: subscriber, database: database)
        guard let position else { return try await redriveAll(log, at: now) }
        let count = try await database.transaction { transaction in
            try redrive("= \(position)", limit: 1, log, at: now, in: transaction).count
        }
        guard count == 1 else { throw ServiceError.deadLetterNotFound }
        return count
    }

    private func redriveAll(_ log: DeliveryLog, at now: Instant) async throws -> Int {
        var (count, last) = (0, Int64(0))
        while true {
            // Onwards from the last: what fails again meanwhile isn't taken a second time.
            let positions = try await database.transaction { [last] transaction in
                try redrive("> \(last)", limit: Self.batchSize, log, at: now, in: transaction)
            }
            count += positions.count
            guard positions.count == Self.batchSize, let newest = positions.last else { return count }
            last = newest
        }
    }

    private func redrive(
        _ condition: SQL, limit: Int, _ log: DeliveryLog, at now: Instant, in transaction: any SQLTransaction
    ) throws -> [Int64] {
        let rows = try transaction.query(
            """
            SELECT \(Self.columns) FROM dead_letters AS dead JOIN events ON events.position = dead.position
            WHERE dead.subscriber = \(log.subscriber) AND dead.position \(condition)
            ORDER BY dead.position LIMIT \(limit)
            """)
        return try rows.map { row in
            let delivery = DeliveryLog.Delivery(
                position: try row.value("position"), event: try EventEnvelope(row),
                record: try AttemptRecord(row))
            try log.park(delivery, delivery.record, until: now, in: transaction)
            try transaction.execute(
                """
                DELETE FROM dead_letters
                WHERE subscriber = \(log.subscriber) AND position = \(delivery.position)
                """)
            return delivery.position
        }
    }

    private func summary(_ row: SQLRow) throws -> DeadLetterSummary {
        let event = try RecordedEvent(row)
        return DeadLetterSummary(
            id: DeadLetterID(
                publisher: publisher, subscriber: try row.value("subscriber"), position: event.position),
            event: event.name, aggregateKind: event.aggregateKind, aggregateID: event.aggregateID,
            code: try row.value("code"), reason: try row.value("reason"), attempts: try row.value("attempts"),
            diedAt: try row.value("died_at"))
    }
}

extension ServiceError {
    static let deadLetterNotFound = ServiceError(
        .notFound, code: "operations.dead_letter_not_found",
        "There is no such dead letter. It may have been delivered meanwhile."
    )
}
