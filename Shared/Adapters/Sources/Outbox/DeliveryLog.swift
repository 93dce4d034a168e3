import Contracts
import FoundationEssentials

/// How far one subscriber has come in a service's events, and what waits for it.
struct DeliveryLog: Sendable {
    let subscriber: ServiceName
    let database: any Database

    /// A place in the events: the last one that has been dealt with.
    struct Cursor: Sendable {
        var position: Int64
        /// See the column: what began in one generation can't be settled in another.
        let generation: Int64
    }

    /// An event on its way to the subscriber.
    struct Delivery: Sendable {
        let position: Int64
        let event: EventEnvelope
        let record: AttemptRecord
    }

    /// What becomes of an event that could not be delivered.
    struct Failure: Sendable {
        let delivery: Delivery
        let error: ServiceError
        /// Of all attempts, this one included.
        let record: AttemptRecord
        let failedAt: Instant
        /// `nil`: never.
        let nextAttempt: Instant?
    }

    // MARK: - In order

    func cursor() async throws -> Cursor {
        let statement: SQL = "SELECT position, generation FROM relay_cursors WHERE subscriber = \(subscriber)"
        if let row = try await database.query(statement).first {
            return Cursor(position: try row.value("position"), generation: try row.value("generation"))
        }
        try await database.transaction { [subscriber] transaction in
            _ = try transaction.execute(
                """
                INSERT INTO relay_cursors (subscriber, position) VALUES (\(subscriber), 0)
                ON CONFLICT (subscriber) DO NOTHING
                """)
        }
        return Cursor(position: 0, generation: 0)
    }

    /// What comes after the cursor, and whether an earlier event of the same aggregate still waits.
    func next(after cursor: Cursor, named names: [String], limit: Int) async throws
        -> [(delivery: Delivery, isBehind: Bool)]
    {
        try await database.query(
            """
            SELECT events.*, EXISTS (
                SELECT 1 FROM parked_deliveries AS parked
                WHERE parked.subscriber = \(subscriber) AND parked.aggregate_kind = events.aggregate_kind
                AND parked.aggregate_id = events.aggregate_id
            ) AS is_behind
            FROM events WHERE position > \(cursor.position) AND name IN (\(SQL.list(names)))
            ORDER BY position LIMIT \(limit)
            """
        ).map { row in
            let event = try EventEnvelope(row)
            let delivery = Delivery(position: try row.value("position"), event: event, record: .none)
            return (delivery, try row.value("is_behind"))
        }
    }

    /// - Parameters:
    ///   - behind: Passed over, since an earlier event of their aggregate waits.
    ///   - failure: Of the last one.
    /// - Returns: `false` when the subscriber was taken back meanwhile: then nothing is changed.
    func move(
        _ cursor: Cursor, to position: Int64, behind: [Delivery], _ failure: Failure?, now: Instant
    ) async throws -> Bool {
        try await database.transaction { transaction in
            let moved = try transaction.execute(
                """
                UPDATE relay_cursors SET position = \(position)
                WHERE subscriber = \(subscriber) AND generation = \(cursor.generation)
                """)
            guard moved == 1 else { return false }
            for delivery in behind {
                let waits = try self.waits(delivery.event.aggregate, in: transaction)
                try park(delivery, .none, until: waits ? nil : now, in: transaction)
            }
            if let failure { try settle(failure, in: transaction) }
            return true
        }
    }

    // MARK: - Parked

    /// Parked deliveries whose time has come; those that came after them in their aggregates wait behind.
    func due(at now: Instant, limit: Int) async throws
        -> [(aggregate: EventEnvelope.Aggregate, position: Int64)]
    {
        try await database.query(
            """
            SELECT aggregate_kind, aggregate_id, position FROM parked_deliveries
            WHERE subscriber = \(subscriber) AND next_attempt_at <= \(now)
            ORDER BY next_attempt_at, position LIMIT \(limit)
            """
        ).map { row in
            let aggregate = EventEnvelope.Aggregate(
                try row.value("aggregate_kind"), try row.value("aggregate_id"))
            return (aggregate, try row.value("position"))
        }
    }

    func parked(
        of aggregate: EventEnvelope.Aggregate, from position: Int64, limit: Int
    ) async throws -> [Delivery] {
        try await database.query(
            """
            SELECT events.*, parked.attempts, parked.history
            FROM parked_deliveries AS parked JOIN events ON events.position = parked.position
            WHERE parked.subscriber = \(subscriber) AND parked.aggregate_kind = \(aggregate.kind)
            AND parked.aggregate_id = \(aggregate.id) AND parked.position >= \(position)
            ORDER BY parked.position LIMIT \(limit)
            """
        ).map { row in
            Delivery(
                position: try row.value("position"), event: try EventEnvelope(row),
                record: try AttemptRecord(row))
        }
    }

    /// - Returns: `false` when the subscriber was taken back meanwhile: then nothing is changed.
    func settle(
        _ delivered: [Delivery], of aggregate: EventEnvelope.Aggregate, _ failure: Failure?, _ cursor: Cursor,
        now: Instant
    ) async throws -> Bool {
        try await database.transaction { transaction in
            let row = try transaction.first(
                "SELECT generation FROM relay_cursors WHERE subscriber = \(subscriber)")
            guard try row?.value("generation") == cursor.generation else { return false }
            for delivery in delivered { try unpark(delivery.position, in: transaction) }
            if let failure { try settle(failure, in: transaction) }
            try wakeNext(of: aggregate, at: now, in: transaction)
            return true
        }
    }

    // MARK: - Within a transaction

    private func settle(_ failure: Failure, in transaction: any SQLTransaction) throws {
        let (delivery, error, record) = (failure.delivery, failure.error, failure.record)
        if let nextAttempt = failure.nextAttempt {
            return try park(delivery, record, until: nextAttempt, in: transaction)
        }
        try unpark(delivery.position, in: transaction)
        try transaction.execute(
            """
            INSERT INTO dead_letters (subscriber, position, code, reason, attempts, history, died_at) VALUES (
                \(subscriber), \(delivery.position), \(error.code), \(error.message), \(record.count),
                \(record.json), \(failure.failedAt)
            )
            ON CONFLICT (subscriber, position) DO NOTHING
            """)
    }

    /// - Parameter time: `nil`: until another of its aggregate is done.
    func park(
        _ delivery: Delivery, _ record: AttemptRecord, until time: Instant?, in transaction: any SQLTransaction
    ) throws {
        let aggregate = delivery.event.aggregate
        try transaction.execute(
            """
            INSERT INTO parked_deliveries (
                subscriber, position, aggregate_kind, aggregate_id, attempts, history, next_attempt_at
            ) VALUES (
                \(subscriber), \(delivery.position), \(aggregate.kind), \(aggregate.id), \(record.count),
                \(record.json), \(time)
            )
            ON CONFLICT (subscriber, position) DO UPDATE SET
                attempts = excluded.attempts, history = excluded.history,
                next_attempt_at = excluded.next_attempt_at
            """)
    }

    private func unpark(_ position: Int64, in transaction: any SQLTransaction) throws {
        try transaction.execute(
            "DELETE FROM parked_deliveries WHERE subscriber = \(subscriber) AND position = \(position)")
    }

    private func waits(_ aggregate: EventEnvelope.Aggregate, in reader: any SQLReader) throws -> Bool {
        try reader.first(
            """
            SELECT position FROM parked_deliveries
            WHERE subscriber = \(subscriber) AND aggregate_kind = \(aggregate.kind)
            AND aggregate_id = \(aggregate.id) LIMIT 1
            """) != nil
    }

    private func wakeNext(
        of aggregate: EventEnvelope.Aggregate, at now: Instant, in transaction: any SQLTransaction
    ) throws {
        try transaction.execute(
            """
            UPDATE parked_deliveries SET next_attempt_at = \(now)
            WHERE subscriber = \(subscriber) AND next_attempt_at IS NULL AND position = (
                SELECT MIN(position) FROM parked_deliveries
                WHERE subscriber = \(subscriber) AND aggregate_kind = \(aggregate.kind)
                AND aggregate_id = \(aggregate.id)
            )
            """)
    }
}

extension AttemptRecord {
    /// From a row with `attempts` and `history`.
    init(_ row: SQLRow) throws {
        let history: String = try row.value("history")
        self.init(
            count: try row.value("attempts"),
            attempts: try JSONDecoder().decode([DeliveryAttempt].self, from: Data(history.utf8)))
    }

    var json: String {
        get throws { String(decoding: try JSONEncoder().encode(attempts), as: UTF8.self) }
    }
}
