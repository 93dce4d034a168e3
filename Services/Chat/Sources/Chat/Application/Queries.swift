import Contracts

struct ConversationDetailsHandler: Sendable {
    let reader: any ConversationReader

    func callAsFunction(_ query: ConversationDetails, _ context: MessageContext) async throws
        -> ConversationView
    {
        try await reader.conversation(query.id, visibleTo: context.principal)
    }
}

struct ConversationListHandler: Sendable {
    let reader: any ConversationReader

    func callAsFunction(_ query: ConversationList, _ context: MessageContext) async throws -> Page<
        ConversationView
    > {
        let seesAll = context.principal.role.permissions.contains(.readAllConversations)
        return try await reader.conversations(
            of: seesAll ? nil : try context.requireAccount(), status: query.status, query.page)
    }
}

struct MessageListHandler: Sendable {
    let reader: any ConversationReader

    func callAsFunction(_ query: MessageList, _ context: MessageContext) async throws -> Page<MessageView> {
        _ = try await reader.conversation(query.conversationID, visibleTo: context.principal)
        return try await reader.messages(in: query.conversationID, query.page)
    }
}

struct TranscriptProducer: Sendable {
    let reader: any ConversationReader

    func callAsFunction(
        _ request: Transcript, _ context: MessageContext,
        send: @escaping @Sendable (MessageView) async throws -> Void
    ) async throws {
        _ = try await reader.conversation(request.conversationID, visibleTo: context.principal)
        try await reader.allMessages(in: request.conversationID, each: send)
    }
}

extension ConversationReader {
    func conversation(_ id: ConversationID, visibleTo principal: Principal) async throws -> ConversationView {
        let conversation = try await conversation(id)
        try ConversationAccess(contactID: conversation.contact.id).require(.readAllConversations, of: principal)
        return conversation
    }
}
