import Contracts
import FoundationEssentials

/// The unit of work over a service's own database: state and events in one transaction.
public struct OutboxUnitOfWork: UnitOfWork {
    private let database: any Database
    private let now: @Sendable () -> Instant
    private let makeUUID: @Sendable () -> UUID
    private let doorbell: Doorbell

    /// - Parameter doorbell: Rung after each commit, so that the relay needn't wait for its next look.
    public init(
        database: any Database, now: @escaping @Sendable () -> Instant,
        makeUUID: @escaping @Sendable () -> UUID, doorbell: Doorbell
    ) {
        self.database = database
        self.now = now
        self.makeUUID = makeUUID
        self.doorbell = doorbell
    }

    public func commit<Result: Sendable>(
        _ context: MessageContext, _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result {
        let result = try await database.transaction { transaction in
            try body(recording(transaction, context))
        }
        doorbell.ring()
        return result
    }

    public func react(
        to envelope: EventEnvelope, _ context: MessageContext,
        _ body: @escaping @Sendable (any Transaction) throws -> Void
    ) async throws {
        let reactedAt = now()
        try await database.transaction { transaction in
            let isFirst = try transaction.execute(
                """
                INSERT INTO inbox (event_id, reacted_at) VALUES (\(envelope.id), \(reactedAt))
                ON CONFLICT (event_id) DO NOTHING
                """)
            guard isFirst == 1 else { return }
            try body(recording(transaction, context))
        }
        doorbell.ring()
    }

    public func history(
        of aggregate: EventEnvelope.Aggregate, after sequence: Int64, limit: Int
    ) async throws -> [EventEnvelope] {
        try await database.query(
            """
            SELECT * FROM events
            WHERE aggregate_kind = \(aggregate.kind) AND aggregate_id = \(aggregate.id) AND sequence > \(sequence)
            ORDER BY sequence LIMIT \(limit)
            """
        ).map(EventEnvelope.init)
    }

    private func recording(_ transaction: any SQLTransaction, _ context: MessageContext) -> RecordingTransaction
    {
        RecordingTransaction(base: transaction, context: context, now: now(), makeUUID: makeUUID)
    }
}

/// A transaction that can record events.
private struct RecordingTransaction: Transaction {
    let base: any SQLTransaction
    let context: MessageContext
    let now: Instant
    let makeUUID: @Sendable () -> UUID

    var dialect: SQLDialect { base.dialect }
    func query(_ statement: SQL) throws -> [SQLRow] { try base.query(statement) }
    func execute(_ statement: SQL) throws -> Int { try base.execute(statement) }
    func executeScript(_ script: String) throws { try base.executeScript(script) }

    func append(_ event: some Event, to aggregate: EventEnvelope.Aggregate, sequence: Int64) throws {
        let payload = String(decoding: try JSONEncoder().encode(event), as: UTF8.self)
        try base.execute(
            """
            INSERT INTO events (
                id, name, aggregate_kind, aggregate_id, sequence, occurred_at, request_id, traceparent, payload
            ) VALUES (
                \(makeUUID()), \(type(of: event).name), \(aggregate.kind), \(aggregate.id), \(sequence), \(now),
                \(context.requestID), \(context.traceparent), \(payload)
            )
            """)
    }
}

extension EventEnvelope {
    /// From a row of `events`.
    init(_ row: SQLRow) throws {
        self.init(
            id: try row.value("id"),
            name: try row.value("name"),
            aggregate: Aggregate(try row.value("aggregate_kind"), try row.value("aggregate_id")),
            sequence: try row.value("sequence"),
            occurredAt: try row.value("occurred_at"),
            requestID: try row.value("request_id"),
            traceparent: try row.value("traceparent"),
            payload: try row.value("payload")
        )
    }
}
