import Contracts

/// Answers ``AnalyticsOverview``.
struct ShowOverview: Sendable {
    let counts: any DailyCounts

    func callAsFunction(
        _ query: AnalyticsOverview, _ context: MessageContext
    ) async throws -> AnalyticsOverview.Response {
        try context.require(.readAnalytics)
        let totals = try await counts.totals()
        return AnalyticsOverview.Response(
            conversationsStarted: totals[.conversationsStarted, default: 0],
            conversationsEnded: totals[.conversationsEnded, default: 0],
            messagesFromContacts: totals[.messagesFromContacts, default: 0],
            messagesFromAgents: totals[.messagesFromAgents, default: 0],
            messagesFromAssistant: totals[.messagesFromAssistant, default: 0],
            questionsAnswered: totals[.questionsAnswered, default: 0],
            questionsDeclined: totals[.questionsDeclined, default: 0]
        )
    }
}
