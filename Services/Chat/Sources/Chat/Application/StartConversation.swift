import Contracts
import FoundationEssentials

struct StartConversationHandler: Sendable {
    let conversations: any ConversationRepository
    let now: @Sendable () -> Instant
    let makeUUID: @Sendable () -> UUID

    func callAsFunction(_ command: StartConversation, _ context: MessageContext) async throws
        -> ConversationView
    {
        try context.require(.startConversations)
        let contact = Contact(
            id: try context.requireAccount(),
            name: try contactName(command, context),
            email: context.principal.email ?? command.contactEmail)
        let firstMessage = try command.message.map { text throws(ServiceError) in
            try MessageContent(text, field: "message")
        }
        let started = try await conversations.start(for: contact.id, once: context.idempotencyKey, context) {
            var conversation = try Conversation(
                id: ConversationID(makeUUID()), contact: contact, subject: command.subject, at: now())
            if let firstMessage {
                _ = try conversation.post(
                    firstMessage, by: Author(kind: .contact, id: contact.id, name: contact.name),
                    id: MessageID(makeUUID()), at: now())
            }
            return conversation
        }
        return started.view
    }

    private func contactName(_ command: StartConversation, _ context: MessageContext) throws(ServiceError)
        -> String?
    {
        let name = context.principal.name ?? command.contactName
        guard name?.unicodeScalars.count ?? 0 <= 100 else {
            throw .invalid(field: "contact.name", code: "too_long", "A name may have at most 100 characters.")
        }
        try name?.requireStorable(field: "contact.name")
        return name
    }
}
