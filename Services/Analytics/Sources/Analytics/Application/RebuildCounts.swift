import Contracts

/// Forgets all counts and every event that made them; whoever asks has all events delivered again then.
struct RebuildCounts: Sendable {
    let counts: any DailyCounts

    func callAsFunction(_ command: RebuildProjection<AnalyticsLog>, _ context: MessageContext) async throws
        -> Done
    {
        try context.require(.operate)
        try await counts.startOver(context)
        return Done()
    }
}
