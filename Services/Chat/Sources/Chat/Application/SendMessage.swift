import Contracts
import FoundationEssentials

struct SendMessageHandler: Sendable {
    let conversations: any ConversationRepository
    let now: @Sendable () -> Instant
    let makeUUID: @Sendable () -> UUID

    func callAsFunction(_ command: SendMessage, _ context: MessageContext) async throws -> MessageView {
        let sender = try context.requireAccount()
        let content = try MessageContent(command.content)
        // Two people may happen on the same key.
        let key = context.idempotencyKey.map { "\(sender):\($0)" }
        return try await conversations.change(command.conversationID, recalling: key, context) {
            conversation, earlier in
            try conversation.access.require(.replyToAllConversations, of: context.principal)
            if let earlier { return try earlier.repeated(as: content) }
            return try conversation.post(
                content, by: conversation.access.author(for: context.principal), id: MessageID(makeUUID()),
                at: now())
        }
    }
}

extension MessageView {
    /// The answer to a message that comes again: the first one, if it says the same.
    fileprivate func repeated(as content: MessageContent) throws(ServiceError) -> MessageView {
        guard self.content == content.text else { throw .idempotencyKeyReused }
        return self
    }
}
