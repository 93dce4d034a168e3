import Contracts

struct EndConversationHandler: Sendable {
    let conversations: any ConversationRepository
    let now: @Sendable () -> Instant

    func callAsFunction(_ command: EndConversation, _ context: MessageContext) async throws -> ConversationView
    {
        try await conversations.change(command.conversationID, recalling: nil, context) { conversation, _ in
            try conversation.access.require(.endAllConversations, of: context.principal)
            try conversation.end(transcriptEmail: command.transcriptEmail, at: now())
            return conversation.view
        }
    }
}
