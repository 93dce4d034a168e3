import Contracts
import FoundationEssentials

/// A transaction that keeps the events appended to it and writes them at its end.
final class RecordingTransaction: Transaction {
    private let base: any SQLTransaction
    private let context: MessageContext
    private let now: Instant
    private let makeUUID: @Sendable () -> UUID
    private var events: [EventEnvelope] = []

    /// Databases limit a statement's parameters: SQLite to 32,766, PostgreSQL to 65,535.
    private static let eventsPerStatement = 1000

    init(
        _ base: any SQLTransaction, _ context: MessageContext, now: Instant,
        makeUUID: @escaping @Sendable () -> UUID
    ) {
        self.base = base
        self.context = context
        self.now = now
        self.makeUUID = makeUUID
    }

    var dialect: SQLDialect { base.dialect }
    func query(_ statement: SQL) throws -> [SQLRow] { try base.query(statement) }
    func execute(_ statement: SQL) throws -> Int { try base.execute(statement) }
    func executeScript(_ script: String) throws { try base.executeScript(script) }

    func append(_ event: some Event, to aggregate: EventEnvelope.Aggregate, sequence: Int64) throws {
        events.append(
            EventEnvelope(
                id: EventID(makeUUID()), name: type(of: event).name, aggregate: aggregate, sequence: sequence,
                occurredAt: now, requestID: context.requestID, traceparent: context.traceparent,
                payload: String(decoding: try JSONEncoder().encode(event), as: UTF8.self)))
    }

    /// Writes what was appended: the last thing that happens in the transaction.
    /// - Returns: Whether there was anything.
    func record(audited: Set<String>) throws -> Bool {
        guard !events.isEmpty else { return false }
        try base.takeTurnToRecord()
        let linked = try EventChain.link(events, audited: audited, in: base)
        for start in stride(from: 0, to: linked.count, by: Self.eventsPerStatement) {
            try base.insert(linked[start..<min(start + Self.eventsPerStatement, linked.count)])
        }
        return true
    }
}

extension SQLTransaction {
    /// Waits until everybody with a lower position has committed, so that positions are in the order of
    /// commit: a reader that goes on "after position 7" must not find 6 later. SQLite has one writer anyway.
    fileprivate func takeTurnToRecord() throws {
        guard dialect == .postgres else { return }
        // Ends with the transaction. In the namespace 1869968482 ("outb" in ASCII), a lock per schema.
        _ = try query(
            """
            SELECT CAST(1 AS bigint) AS turn
            FROM pg_advisory_xact_lock(1869968482, hashtext(current_schema()))
            """)
    }
}
