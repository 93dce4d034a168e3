import Contracts

/// What is counted. A definition never changes once it has counted something: a new one gets a new name.
enum Metric: String, CaseIterable, Sendable {
    /// Conversations that a contact opened, whether or not they began with a message.
    case conversationsStarted = "conversations_started"
    /// Conversations that ended, by whomever; a conversation ends once.
    case conversationsEnded = "conversations_ended"
    /// Messages that customers and visitors wrote, the first of a conversation included.
    case messagesFromContacts = "messages_from_contacts"
    /// Messages that people who answer for the business wrote.
    case messagesFromAgents = "messages_from_agents"
    /// Messages that the assistant wrote, also those in which it says that it can't answer.
    case messagesFromAssistant = "messages_from_assistant"
    /// Questions in conversations that the assistant answered from the articles.
    case questionsAnswered = "questions_answered"
    /// Questions in conversations where the assistant said that the articles don't say.
    case questionsDeclined = "questions_declined"
}

/// An event that counts as something.
protocol CountedEvent: Event {
    /// What it counts as, once each; nothing for an event that is no part of any definition.
    var metrics: [Metric] { get }
}

extension ConversationStarted: CountedEvent {
    var metrics: [Metric] { [.conversationsStarted] }
}

extension ConversationEnded: CountedEvent {
    var metrics: [Metric] { [.conversationsEnded] }
}

extension MessagePosted: CountedEvent {
    var metrics: [Metric] {
        switch message.author.kind {
        case .contact: [.messagesFromContacts]
        case .agent: [.messagesFromAgents]
        case .assistant: [.messagesFromAssistant]
        // A note of Frontdesk's own: nobody said anything.
        case .system: []
        }
    }
}

extension QuestionAnswered: CountedEvent {
    var metrics: [Metric] { [abstained ? .questionsDeclined : .questionsAnswered] }
}
