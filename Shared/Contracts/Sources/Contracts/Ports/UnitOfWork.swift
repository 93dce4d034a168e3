/// Writes a change and the events it caused as one: all of it is there after a crash, or none.
public protocol UnitOfWork: Sendable {
    /// Runs `body` in a transaction. The events it appends are recorded in the same transaction and
    /// delivered afterwards, at least once, in order per aggregate.
    func commit<Result: Sendable>(
        _ context: MessageContext, _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result

    /// Runs `body` unless this service has already committed its reaction to this event: so a second
    /// delivery has no second effect.
    func react(
        to envelope: EventEnvelope, _ context: MessageContext,
        _ body: @escaping @Sendable (any Transaction) throws -> Void
    ) async throws

    /// The recorded history of one aggregate, oldest first.
    /// - Parameters:
    ///   - sequence: Only what came after it; 0 for all.
    ///   - limit: At most this many.
    func history(
        of aggregate: EventEnvelope.Aggregate, after sequence: Int64, limit: Int
    ) async throws -> [EventEnvelope]
}

/// A transaction of a ``UnitOfWork``.
public protocol Transaction: SQLTransaction {
    /// Records an event.
    /// - Parameter sequence: The next one of the aggregate's history. A number already taken fails the
    ///   transaction with `.uniqueViolation`: somebody else changed the aggregate meanwhile.
    func append(_ event: some Event, to aggregate: EventEnvelope.Aggregate, sequence: Int64) throws
}
