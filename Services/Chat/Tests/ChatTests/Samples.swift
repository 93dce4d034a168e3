import Contracts
import ContractsTesting
import Synchronization

@testable import Chat

extension Contact {
    static let ada = Contact(id: Principal.sample().id!, name: "Ada", email: try? Email("ada@example.com"))
}

extension Conversation {
    static func sample(status: ConversationStatus = .open) throws -> Conversation {
        var conversation = try Conversation(
            id: ConversationID(CountingUUIDs().next()), contact: .ada, subject: "A lamp", at: TestClock().now())
        if status == .resolved {
            try conversation.end(transcriptEmail: nil, at: TestClock().now())
        }
        return Conversation(view: conversation.view)
    }
}

extension MessageContent {
    static func sample(_ text: String = "Hello") throws -> MessageContent { try MessageContent(text) }
}

/// Conversations kept in memory, with the same promises.
final class InMemoryConversations: ConversationRepository, ConversationReader {
    private let state = Mutex(State())

    private struct State {
        var conversations: [ConversationID: Conversation] = [:]
        var startedUnder: [String: ConversationID] = [:]
        var messages: [ConversationID: [MessageView]] = [:]
        var postedUnder: [String: MessageView] = [:]
        var events: [any Event] = []
    }

    var events: [any Event] { state.withLock { $0.events } }

    func start(
        for contact: AccountID, once key: String?, _ context: MessageContext,
        _ make: @escaping @Sendable () throws -> Conversation
    ) async throws -> Conversation {
        try state.withLock { state in
            let key = key.map { "\(contact) \($0)" }
            if let key, let id = state.startedUnder[key], let earlier = state.conversations[id] {
                return earlier
            }
            let conversation = try make()
            if let key { state.startedUnder[key] = conversation.id }
            Self.keep(conversation, key: nil, &state)
            return conversation
        }
    }

    func change<Result: Sendable>(
        _ id: ConversationID, recalling key: String?, _ context: MessageContext,
        _ verb: @escaping @Sendable (inout Conversation, MessageView?) throws -> Result
    ) async throws -> Result {
        try state.withLock { state in
            guard let stored = state.conversations[id] else { throw ServiceError.conversationNotFound }
            var conversation = Conversation(view: stored.view)
            let key = key.map { "\(id) \($0)" }
            let result = try verb(&conversation, key.flatMap { state.postedUnder[$0] })
            Self.keep(conversation, key: key, &state)
            return result
        }
    }

    private static func keep(_ conversation: Conversation, key: String?, _ state: inout State) {
        state.conversations[conversation.id] = conversation
        state.messages[conversation.id, default: []] += conversation.posted
        state.events += conversation.events
        if let key, let posted = conversation.posted.last { state.postedUnder[key] = posted }
    }

    func conversation(_ id: ConversationID) async throws -> ConversationView {
        guard let conversation = state.withLock({ $0.conversations[id] }) else {
            throw ServiceError.conversationNotFound
        }
        return conversation.view
    }

    func conversations(
        of contact: AccountID?, status: ConversationStatus?, _ page: PageRequest
    ) async throws -> Page<ConversationView> {
        let all = state.withLock { $0.conversations.values.map(\.view) }
            .filter { (contact == nil || $0.contact.id == contact) && (status == nil || $0.status == status) }
            .sorted { $0.updatedAt > $1.updatedAt }
        return Page(Array(all.prefix(page.limit + 1)), limit: page.limit) { $0.id.description }
    }

    func messages(in id: ConversationID, _ page: PageRequest) async throws -> Page<MessageView> {
        let all = state.withLock { $0.messages[id] ?? [] }
        return Page(Array(all.prefix(page.limit + 1)), limit: page.limit) { String($0.sequence) }
    }

    func allMessages(
        in id: ConversationID, each: @escaping @Sendable (MessageView) async throws -> Void
    ) async throws {
        for message in state.withLock({ $0.messages[id] ?? [] }) { try await each(message) }
    }
}
