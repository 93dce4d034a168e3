import Contracts
import Logging

/// Lets a service answer an administrator about its own events: what it recorded, what could not be
/// delivered, and to deliver it again.
public struct OutboxOperations: Sendable {
    private let service: ServiceName
    private let database: any Database
    private let audited: Set<String>
    private let now: @Sendable () -> Instant
    private let logger: Logger

    /// - Parameter audited: As in ``OutboxUnitOfWork``.
    public init(
        service: ServiceName, database: any Database, audited: Set<String> = [],
        now: @escaping @Sendable () -> Instant, logger: Logger
    ) {
        self.service = service
        self.database = database
        self.audited = audited
        self.now = now
        self.logger = logger
    }

    public func register(on table: inout HandlerTable) {
        guard let log = service.eventLog else { return }
        register(log, on: &table)
    }

    private func register<Log: EventLog>(_: Log.Type, on table: inout HandlerTable) {
        table.handle(DatabaseHealth<Log>.self) { _, _ in
            _ = try await database.query("SELECT 1 AS one")
            return Done()
        }
        let letters = DeadLetters(publisher: service, database: database)
        table.handle(DeadLetterList<Log>.self) { query, context in
            try context.require(.operate)
            return try await letters.list(
                for: query.subscriber, after: query.after,
                limit: min(max(1, query.limit), PageRequest.maximumLimit + 1))
        }
        table.handle(DeadLetterDetails<Log>.self) { query, context in
            try context.require(.operate)
            return try await letters.details(of: query.id)
        }
        table.handle(RecordedEvents<Log>.self) { query, context in
            try context.require(.operate)
            return try await events(
                after: query.after, limit: min(max(1, query.limit), PageRequest.maximumLimit))
        }
        table.handle(AuditTrailCheck<Log>.self) { _, context in
            try context.require(.operate)
            return try await Outbox.checkAuditTrail(in: database, audited: audited)
        }
        table.handle(RedriveDeadLetters<Log>.self) { command, context in
            try context.require(.operate)
            let count = try await letters.redrive(command.position, for: command.subscriber, at: now())
            note("Dead letters redriven", command.subscriber, ["frontdesk.events": "\(count)"], context)
            return .init(redriven: count)
        }
        table.handle(RewindDelivery<Log>.self) { command, context in
            try context.require(.operate)
            try await rewind(command.subscriber, to: max(0, command.after))
            note(
                "Subscriber taken back", command.subscriber, ["frontdesk.event.position": "\(command.after)"],
                context)
            return Done()
        }
    }

    private func events(after position: Int64?, limit: Int) async throws -> [RecordedEvent] {
        guard let position else {
            return try await database.query("SELECT * FROM events ORDER BY position DESC LIMIT \(limit)")
                .map(RecordedEvent.init).reversed()
        }
        return try await database.query(
            "SELECT * FROM events WHERE position > \(position) ORDER BY position LIMIT \(limit)"
        ).map(RecordedEvent.init)
    }

    /// Never forward: that would skip events. The relay notices with its next poll; what it is just
    /// delivering doesn't move the subscriber on, since that began in an older generation.
    private func rewind(_ subscriber: ServiceName, to position: Int64) async throws {
        try await database.transaction { transaction in
            try transaction.execute(
                """
                INSERT INTO relay_cursors (subscriber, position, generation) VALUES (\(subscriber), 0, 1)
                ON CONFLICT (subscriber) DO UPDATE SET generation = relay_cursors.generation + 1,
                    position = CASE WHEN relay_cursors.position < \(position) THEN relay_cursors.position
                        ELSE \(position) END
                """)
            // All of these come again by themselves.
            try transaction.execute(
                "DELETE FROM parked_deliveries WHERE subscriber = \(subscriber) AND position > \(position)")
            try transaction.execute(
                "DELETE FROM dead_letters WHERE subscriber = \(subscriber) AND position > \(position)")
        }
    }

    private func note(
        _ message: Logger.Message, _ subscriber: ServiceName, _ metadata: Logger.Metadata,
        _ context: MessageContext
    ) {
        let who: Logger.Metadata = [
            "frontdesk.subscriber": "\(subscriber)", "frontdesk.request.id": "\(context.requestID)",
            "user.id": "\(context.principal.id.map { "\($0)" } ?? "-")",
        ]
        logger.notice(message, metadata: metadata.merging(who) { own, _ in own })
    }
}
