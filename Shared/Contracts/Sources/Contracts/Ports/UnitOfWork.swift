/// Writes a change and the events it caused as one: all of it is there after a crash, or none.
public protocol UnitOfWork: Sendable {
    /// Runs `body` in a transaction. The events it appends are recorded at the end of the same transaction
    /// and delivered afterwards, at least once, in order per aggregate.
    ///
    /// Who finds a key taken (an aggregate's next sequence above all) has lost a race, so `body` runs
    /// again on what the winner left, a few times.
    /// - Throws: `.uniqueViolation` when it lost every time.
    func commit<Result: Sendable>(
        _ context: MessageContext, _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result

    /// Runs `body` unless this service has already committed its reaction to this event: so a second
    /// delivery has no second effect.
    func react(
        to envelope: EventEnvelope, _ context: MessageContext,
        _ body: @escaping @Sendable (any Transaction) throws -> Void
    ) async throws

    /// Forgets which events this service has reacted to and runs `body`, which empties all that the
    /// reactions have made: as one. Only for a service that nothing but its own tables remembers.
    func startOver(
        _ context: MessageContext, _ body: @escaping @Sendable (any Transaction) throws -> Void
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
    /// - Parameter sequence: The next one of the aggregate's history. That it is taken shows when `body`
    ///   has returned.
    func append(_ event: some Event, to aggregate: EventEnvelope.Aggregate, sequence: Int64) throws
}
