import Contracts
import FoundationEssentials

struct PostReplyHandler: Sendable {
    let conversations: any ConversationRepository
    let now: @Sendable () -> Instant
    let makeUUID: @Sendable () -> UUID

    func callAsFunction(_ command: PostReply, _ context: MessageContext) async throws -> MessageView {
        try context.require(.speakAsAssistant)
        let content = try MessageContent(command.content)
        return try await conversations.change(
            command.conversationID, recalling: "reply:\(command.inReplyTo)", context
        ) { conversation, earlier in
            if let earlier { return earlier }
            return try conversation.post(
                content, by: .assistant, citations: command.citations, id: MessageID(makeUUID()), at: now())
        }
    }
}
