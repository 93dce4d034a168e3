import Contracts

/// A day in UTC, `2026-03-01`.
struct Day: RawRepresentable, Hashable, Sendable {
    let rawValue: String

    init(rawValue: String) {
        self.rawValue = rawValue
    }

    init(of instant: Instant) {
        rawValue = instant.day
    }
}

/// How often what happened, by day. Adding is all that is ever done to it, so it doesn't matter in which
/// order events come.
protocol DailyCounts: Sendable {
    /// Adds one to each metric on the day, for an event: however often it comes, once.
    func count(_ metrics: [Metric], on day: Day, for event: EventEnvelope, _ context: MessageContext)
        async throws

    /// Back to nothing, as if no event had ever come: each counts again.
    func startOver(_ context: MessageContext) async throws

    /// Over all days. A metric that nothing has counted for may be missing.
    func totals() async throws -> [Metric: Int]
}
