// What the Chat service answers to.

/// Opens a conversation for the principal, with a first message if there is one.
/// The same ``MessageContext/idempotencyKey`` from the same contact opens it once.
public struct StartConversation: Command {
    public static let name = "chat.start_conversation.v1"
    public typealias Response = ConversationView
    /// At most 200 characters.
    public let subject: String?
    /// 1 to 4,000 characters.
    public let message: String?
    /// What a visitor says of themselves; an account's own name and address are known.
    public let contactName: String?
    public let contactEmail: Email?

    public init(subject: String?, message: String?, contactName: String? = nil, contactEmail: Email? = nil) {
        self.subject = subject
        self.message = message
        self.contactName = contactName
        self.contactEmail = contactEmail
    }
}

/// Adds the principal's message. The same ``MessageContext/idempotencyKey`` adds it once.
/// `.conflict`, code `chat.conversation_resolved`, when the conversation has ended.
public struct SendMessage: Command {
    public static let name = "chat.send_message.v1"
    public typealias Response = MessageView
    public let conversationID: ConversationID
    /// 1 to 4,000 characters, kept exactly as sent.
    public let content: String

    public init(conversationID: ConversationID, content: String) {
        self.conversationID = conversationID
        self.content = content
    }
}

/// Adds what the assistant says to a message. Once per message: a second reply to it answers with the
/// first. For services only.
public struct PostReply: Command {
    public static let name = "chat.post_reply.v1"
    public typealias Response = MessageView
    public let conversationID: ConversationID
    public let inReplyTo: MessageID
    public let content: String
    public let citations: [Citation]

    public init(conversationID: ConversationID, inReplyTo: MessageID, content: String, citations: [Citation]) {
        self.conversationID = conversationID
        self.inReplyTo = inReplyTo
        self.content = content
        self.citations = citations
    }
}

/// Ends a conversation. `.conflict`, code `chat.conversation_resolved`, when it has ended already.
public struct EndConversation: Command {
    public static let name = "chat.end_conversation.v1"
    public typealias Response = ConversationView
    public let conversationID: ConversationID
    /// Where the transcript goes, when the contact's address isn't known or it should go elsewhere.
    public let transcriptEmail: Email?

    public init(conversationID: ConversationID, transcriptEmail: Email? = nil) {
        self.conversationID = conversationID
        self.transcriptEmail = transcriptEmail
    }
}

/// One conversation. `.notFound` also when it is somebody else's: who asks shouldn't learn of it.
public struct ConversationDetails: Query {
    public static let name = "chat.conversation_details.v1"
    public typealias Response = ConversationView
    public let id: ConversationID

    public init(id: ConversationID) {
        self.id = id
    }
}

/// The conversations that the principal may see, most recently active first.
public struct ConversationList: Query {
    public static let name = "chat.conversation_list.v1"
    public typealias Response = Page<ConversationView>
    public let status: ConversationStatus?
    public let page: PageRequest

    public init(status: ConversationStatus?, page: PageRequest) {
        self.status = status
        self.page = page
    }
}

/// The messages of one conversation, oldest first.
public struct MessageList: Query {
    public static let name = "chat.message_list.v1"
    public typealias Response = Page<MessageView>
    public let conversationID: ConversationID
    public let page: PageRequest

    public init(conversationID: ConversationID, page: PageRequest) {
        self.conversationID = conversationID
        self.page = page
    }
}

/// All messages of one conversation, oldest first, however many: for the transcript.
public struct Transcript: Stream {
    public static let name = "chat.transcript.v1"
    public typealias Element = MessageView
    public let conversationID: ConversationID

    public init(conversationID: ConversationID) {
        self.conversationID = conversationID
    }
}

/// Everything that happens in one conversation: first what came after `afterSequence`, then live, until
/// the caller stops. Numbered items come without gaps and once; signals in between as they happen.
public struct ConversationFeed: Stream {
    public static let name = "chat.conversation_feed.v1"
    public let conversationID: ConversationID
    /// 0 for everything from the beginning.
    public let afterSequence: Int64

    public init(conversationID: ConversationID, afterSequence: Int64) {
        self.conversationID = conversationID
        self.afterSequence = afterSequence
    }

    public enum Element: Codable, Sendable, Hashable {
        case started(ConversationView)
        case message(MessageView)
        case statusChanged(sequence: Int64, status: ConversationStatus)
        case answerDelta(text: String)
        case typing(author: Author, active: Bool)
    }
}

/// The assistant's next words, while it writes. For services only.
public struct AnswerDelta: Signal {
    public static let name = "chat.answer_delta.v1"
    public let conversationID: ConversationID
    public let text: String

    public init(conversationID: ConversationID, text: String) {
        self.conversationID = conversationID
        self.text = text
    }
}

/// The principal began or stopped writing; for a service: the assistant.
public struct Typing: Signal {
    public static let name = "chat.typing.v1"
    public let conversationID: ConversationID
    public let active: Bool

    public init(conversationID: ConversationID, active: Bool) {
        self.conversationID = conversationID
        self.active = active
    }
}

public enum ConversationStatus: String, Codable, Sendable, Hashable, CaseIterable, SQLConvertible {
    case open, resolved
}

public struct ConversationView: Codable, Sendable, Hashable {
    public let id: ConversationID
    public let status: ConversationStatus
    public let subject: String?
    public let contact: Contact
    public let messageCount: Int
    /// The number of the newest item in the conversation's feed.
    public let lastSequence: Int64
    public let createdAt: Instant
    public let updatedAt: Instant
    public let endedAt: Instant?

    public init(
        id: ConversationID, status: ConversationStatus, subject: String?, contact: Contact, messageCount: Int,
        lastSequence: Int64, createdAt: Instant, updatedAt: Instant, endedAt: Instant?
    ) {
        self.id = id
        self.status = status
        self.subject = subject
        self.contact = contact
        self.messageCount = messageCount
        self.lastSequence = lastSequence
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.endedAt = endedAt
    }

    private enum CodingKeys: String, CodingKey {
        case id, status, subject, contact
        case messageCount = "message_count"
        case lastSequence = "last_sequence"
        case createdAt = "created_at"
        case updatedAt = "updated_at"
        case endedAt = "ended_at"
    }
}

/// The customer or visitor whose conversation it is.
public struct Contact: Codable, Sendable, Hashable {
    public let id: AccountID
    public let name: String?
    public let email: Email?

    public init(id: AccountID, name: String?, email: Email?) {
        self.id = id
        self.name = name
        self.email = email
    }
}

public struct MessageView: Codable, Sendable, Hashable {
    public let id: MessageID
    public let conversationID: ConversationID
    /// The message's number in the conversation's feed.
    public let sequence: Int64
    public let author: Author
    public let content: String
    public let citations: [Citation]
    public let createdAt: Instant

    public init(
        id: MessageID, conversationID: ConversationID, sequence: Int64, author: Author, content: String,
        citations: [Citation], createdAt: Instant
    ) {
        self.id = id
        self.conversationID = conversationID
        self.sequence = sequence
        self.author = author
        self.content = content
        self.citations = citations
        self.createdAt = createdAt
    }

    private enum CodingKeys: String, CodingKey {
        case id, sequence, author, content, citations
        case conversationID = "conversation_id"
        case createdAt = "created_at"
    }
}

/// Who wrote a message.
public struct Author: Codable, Sendable, Hashable {
    public let kind: Kind
    public let id: AccountID?
    public let name: String?

    public init(kind: Kind, id: AccountID?, name: String?) {
        self.kind = kind
        self.id = id
        self.name = name
    }

    public static let assistant = Author(kind: .assistant, id: nil, name: nil)

    public enum Kind: String, Codable, Sendable, Hashable, CaseIterable, SQLConvertible {
        case contact, agent, assistant, system
    }
}

/// Where in the articles an answer's words stand. In the content `[1]` is the first citation.
public struct Citation: Codable, Sendable, Hashable {
    public let articleID: ArticleID
    public let title: String
    /// Word for word from the article.
    public let quote: String
    public let url: String?

    public init(articleID: ArticleID, title: String, quote: String, url: String?) {
        self.articleID = articleID
        self.title = title
        self.quote = quote
        self.url = url
    }

    private enum CodingKeys: String, CodingKey {
        case title, quote, url
        case articleID = "article_id"
    }
}

/// A contact opened a conversation.
public struct ConversationStarted: Event {
    public static let name = "chat.conversation_started.v1"
    public let conversation: ConversationView

    public init(conversation: ConversationView) {
        self.conversation = conversation
    }
}

/// Somebody, or the assistant, said something.
public struct MessagePosted: Event {
    public static let name = "chat.message_posted.v1"
    public let message: MessageView

    public init(message: MessageView) {
        self.message = message
    }
}

/// A conversation is over.
public struct ConversationEnded: Event {
    public static let name = "chat.conversation_ended.v1"
    public let conversation: ConversationView
    /// Where the transcript goes; `nil` when no address is known.
    public let transcriptEmail: Email?

    public init(conversation: ConversationView, transcriptEmail: Email?) {
        self.conversation = conversation
        self.transcriptEmail = transcriptEmail
    }
}
