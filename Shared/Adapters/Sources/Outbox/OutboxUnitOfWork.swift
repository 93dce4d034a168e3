import Contracts
import FoundationEssentials

/// The unit of work over a service's own database: state and events in one transaction.
public struct OutboxUnitOfWork: UnitOfWork {
    private let database: any Database
    private let now: @Sendable () -> Instant
    private let makeUUID: @Sendable () -> UUID
    private let doorbell: Doorbell
    private let audited: Set<String>

    /// How often a body runs that finds its key taken each time.
    private static let maximumRuns = 5

    /// - Parameters:
    ///   - doorbell: Rung after each commit with events, so that the relay needn't wait for its next look.
    ///   - audited: The kinds of aggregates whose events are chained by hashes, see ``EventChain``. On
    ///     PostgreSQL each takes a read that makes neighbours conflict, so: where it matters who did what,
    ///     such as accounts.
    public init(
        database: any Database, now: @escaping @Sendable () -> Instant,
        makeUUID: @escaping @Sendable () -> UUID, doorbell: Doorbell, audited: Set<String> = []
    ) {
        self.database = database
        self.now = now
        self.makeUUID = makeUUID
        self.doorbell = doorbell
        self.audited = audited
    }

    public func commit<Result: Sendable>(
        _ context: MessageContext, _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result {
        var run = 1
        while true {
            do {
                return try await commitOnce(context, body)
            } catch DatabaseError.uniqueViolation where run < Self.maximumRuns {
                run += 1
            }
        }
    }

    public func react(
        to envelope: EventEnvelope, _ context: MessageContext,
        _ body: @escaping @Sendable (any Transaction) throws -> Void
    ) async throws {
        let reactedAt = now()
        try await commit(context) { transaction in
            let isFirst = try transaction.execute(
                """
                INSERT INTO inbox (event_id, reacted_at) VALUES (\(envelope.id), \(reactedAt))
                ON CONFLICT (event_id) DO NOTHING
                """)
            guard isFirst == 1 else { return }
            try body(transaction)
        }
    }

    public func startOver(
        _ context: MessageContext, _ body: @escaping @Sendable (any Transaction) throws -> Void
    ) async throws {
        try await commit(context) { transaction in
            try transaction.execute("DELETE FROM inbox")
            try body(transaction)
        }
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

    private func commitOnce<Result: Sendable>(
        _ context: MessageContext, _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result {
        let (result, hasEvents) = try await database.transaction { transaction in
            let recording = RecordingTransaction(transaction, context, now: now(), makeUUID: makeUUID)
            let result = try body(recording)
            return (result, try recording.record(audited: audited))
        }
        if hasEvents { doorbell.ring() }
        return result
    }
}
