// What the Analytics service answers to.

/// What happened since the beginning, counted from the events.
public struct AnalyticsOverview: Query {
    public static let name = "analytics.overview.v1"

    public init() {}

    public struct Response: Codable, Sendable, Hashable {
        public let conversationsStarted: Int
        public let conversationsEnded: Int
        public let messagesFromContacts: Int
        public let messagesFromAgents: Int
        public let messagesFromAssistant: Int
        /// Questions that the assistant answered from the articles.
        public let questionsAnswered: Int
        /// Questions where it said that the articles don't say.
        public let questionsDeclined: Int

        public init(
            conversationsStarted: Int, conversationsEnded: Int, messagesFromContacts: Int,
            messagesFromAgents: Int, messagesFromAssistant: Int, questionsAnswered: Int, questionsDeclined: Int
        ) {
            self.conversationsStarted = conversationsStarted
            self.conversationsEnded = conversationsEnded
            self.messagesFromContacts = messagesFromContacts
            self.messagesFromAgents = messagesFromAgents
            self.messagesFromAssistant = messagesFromAssistant
            self.questionsAnswered = questionsAnswered
            self.questionsDeclined = questionsDeclined
        }

        private enum CodingKeys: String, CodingKey {
            case conversationsStarted = "conversations_started"
            case conversationsEnded = "conversations_ended"
            case messagesFromContacts = "messages_from_contacts"
            case messagesFromAgents = "messages_from_agents"
            case messagesFromAssistant = "messages_from_assistant"
            case questionsAnswered = "questions_answered"
            case questionsDeclined = "questions_declined"
        }
    }
}
