import Contracts
import Testing

@testable import Analytics

@Suite struct MetricTests {
    @Test func conversationCountsWhenItStartsAndWhenItEnds() {
        #expect(ConversationStarted(conversation: .sample).metrics == [.conversationsStarted])
        #expect(ConversationEnded(conversation: .sample, transcriptEmail: nil).metrics == [.conversationsEnded])
    }

    @Test func messageCountsByWhoWroteIt() {
        #expect(MessagePosted.sample(by: .contact).metrics == [.messagesFromContacts])
        #expect(MessagePosted.sample(by: .agent).metrics == [.messagesFromAgents])
        #expect(MessagePosted.sample(by: .assistant).metrics == [.messagesFromAssistant])
    }

    @Test func noteOfTheSystemCountsAsNothing() {
        #expect(MessagePosted.sample(by: .system).metrics.isEmpty)
    }

    @Test func questionCountsAsAnsweredOrDeclined() {
        #expect(QuestionAnswered.sample(abstained: false).metrics == [.questionsAnswered])
        #expect(QuestionAnswered.sample(abstained: true).metrics == [.questionsDeclined])
    }

    // They are in databases: a change would begin the count anew.
    @Test func namesOfMetricsStay() {
        #expect(
            Metric.allCases.map(\.rawValue) == [
                "conversations_started", "conversations_ended", "messages_from_contacts",
                "messages_from_agents",
                "messages_from_assistant", "questions_answered", "questions_declined",
            ])
    }

    @Test(arguments: [
        ("2026-03-01T23:59:59.999999Z", "2026-03-01"), ("2026-03-02T00:00:00Z", "2026-03-02"),
        ("2026-03-02T01:30:00+02:00", "2026-03-01"),
    ])
    func dayIsTheDayInUTC(instant: String, day: String) {
        #expect(Day(of: Instant(rfc3339: instant)!).rawValue == day)
    }
}
