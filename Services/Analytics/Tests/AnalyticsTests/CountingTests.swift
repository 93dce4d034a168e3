import Contracts
import ContractsTesting
import Testing

@testable import Analytics

@Suite struct CountingTests {
    private let counts = InMemoryDailyCounts()
    private let start = Instant(rfc3339: "2026-03-01T00:00:00Z")!

    /// A few days of every kind of event.
    private func occurrences(_ count: Int, using random: inout SplitMix64) -> [Occurrence] {
        let makeID = CountingUUIDs().next
        let events: [any CountedEvent] =
            [
                ConversationStarted(conversation: .sample),
                ConversationEnded(conversation: .sample, transcriptEmail: nil),
                QuestionAnswered.sample(abstained: true), QuestionAnswered.sample(abstained: false),
            ] + Author.Kind.allCases.map { MessagePosted.sample(by: $0) }
        return (0..<count).map { _ in
            let event = events.randomElement(using: &random)!
            let time = start + .seconds(Int.random(in: 0..<4 * 86_400, using: &random))
            return Occurrence(event: event, envelope: .sample(of: type(of: event).name, id: makeID(), at: time))
        }
    }

    private func deliver(_ occurrences: [Occurrence], to counts: InMemoryDailyCounts) async throws {
        let count = CountEvent(counts: counts)
        for occurrence in occurrences {
            try await count(occurrence.event, occurrence.envelope, .sample(.service(.analytics)))
        }
    }

    @Test func eventCountsOnTheDayItHappened() async throws {
        let envelope = EventEnvelope.sample(
            of: ConversationStarted.name, id: CountingUUIDs().next(), at: start + .seconds(86_399))
        try await deliver(
            [Occurrence(event: ConversationStarted(conversation: .sample), envelope: envelope)], to: counts)
        #expect(counts.all == [Day(rawValue: "2026-03-01"): [.conversationsStarted: 1]])
    }

    @Test(arguments: 1...20)
    func orderAndRepetitionOfDeliveriesDoNotMatter(seed: UInt64) async throws {
        var random = SplitMix64(state: seed)
        let occurrences = occurrences(200, using: &random)
        try await deliver(occurrences, to: counts)

        let others = InMemoryDailyCounts()
        let repeated = occurrences + occurrences.filter { _ in Bool.random(using: &random) }
        try await deliver(repeated.shuffled(using: &random), to: others)

        #expect(others.all == counts.all)
        #expect(counts.all.values.reduce(0) { $0 + $1.values.reduce(0, +) } > 100)
    }

    @Test(arguments: 1...20)
    func replayingEverythingGivesTheSameCounts(seed: UInt64) async throws {
        var random = SplitMix64(state: seed)
        let occurrences = occurrences(200, using: &random)
        try await deliver(occurrences, to: counts)
        let before = counts.all

        _ = try await RebuildCounts(counts: counts)(
            RebuildProjection<AnalyticsLog>(), .sample(.sample(role: .admin)))
        #expect(counts.all.isEmpty)
        try await deliver(occurrences.shuffled(using: &random), to: counts)
        #expect(counts.all == before)
    }

    @Test func onlyAdministratorsRebuild() async {
        let failure = await failure {
            try await RebuildCounts(counts: counts)(
                RebuildProjection<AnalyticsLog>(), .sample(.sample(role: .agent)))
        }
        #expect(failure?.code == "auth.permission_missing")
    }

    @Test func overviewSumsAllDays() async throws {
        var random = SplitMix64(state: 7)
        let occurrences = occurrences(500, using: &random)
        try await deliver(occurrences, to: counts)
        let overview = try await ShowOverview(counts: counts)(
            AnalyticsOverview(), .sample(.sample(role: .agent)))
        func expected(_ metric: Metric) -> Int { occurrences.count { $0.event.metrics.contains(metric) } }
        #expect(overview.conversationsStarted == expected(.conversationsStarted))
        #expect(overview.conversationsEnded == expected(.conversationsEnded))
        #expect(overview.messagesFromContacts == expected(.messagesFromContacts))
        #expect(overview.messagesFromAgents == expected(.messagesFromAgents))
        #expect(overview.messagesFromAssistant == expected(.messagesFromAssistant))
        #expect(overview.questionsAnswered == expected(.questionsAnswered))
        #expect(overview.questionsDeclined == expected(.questionsDeclined))
    }

    @Test func overviewOfNothingIsAllZeros() async throws {
        let overview = try await ShowOverview(counts: counts)(
            AnalyticsOverview(), .sample(.sample(role: .admin)))
        #expect(
            overview
                == AnalyticsOverview.Response(
                    conversationsStarted: 0, conversationsEnded: 0, messagesFromContacts: 0,
                    messagesFromAgents: 0,
                    messagesFromAssistant: 0, questionsAnswered: 0, questionsDeclined: 0))
    }

    @Test(arguments: [(Role.customer, ServiceError.Kind.forbidden), (.anonymous, .unauthenticated)])
    func overviewNeedsThePermission(role: Role, kind: ServiceError.Kind) async {
        await #expect {
            try await ShowOverview(counts: counts)(AnalyticsOverview(), .sample(.sample(role: role)))
        } throws: { error in
            (error as? ServiceError)?.kind == kind
        }
    }
}
