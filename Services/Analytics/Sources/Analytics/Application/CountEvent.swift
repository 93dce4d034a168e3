import Contracts

/// Counts an event on the day on which it happened, however late it is delivered.
struct CountEvent: Sendable {
    let counts: any DailyCounts

    func callAsFunction(
        _ event: some CountedEvent, _ envelope: EventEnvelope, _ context: MessageContext
    ) async throws {
        let metrics = event.metrics
        guard !metrics.isEmpty else { return }
        try await counts.count(metrics, on: Day(of: envelope.occurredAt), for: envelope, context)
    }
}
