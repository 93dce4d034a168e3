import Contracts

/// Conversations in SQL. A change is one transaction: the conversation, its messages and its events.
struct SQLConversationRepository: ConversationRepository {
    let unitOfWork: any UnitOfWork
    /// Told after each commit.
    let changed: @Sendable (ConversationID) -> Void

    /// Of the message that a conversation was started with.
    private static let openingKey = "start"

    func start(
        for contact: AccountID, once key: String?, _ context: MessageContext,
        _ make: @escaping @Sendable () throws -> Conversation
    ) async throws -> Conversation {
        try await unitOfWork.commit(context) { transaction in
            let conversation = try make()
            if let key,
                let row = try transaction.first(
                    "SELECT * FROM conversations WHERE contact_id = \(contact) AND start_key = \(key)")
            {
                let earlier = Conversation(view: try ConversationView(row))
                let opening = try transaction.message(in: earlier.id, key: Self.openingKey)
                guard conversation.opens(as: earlier, with: opening) else {
                    throw ServiceError.idempotencyKeyReused
                }
                return earlier
            }
            try transaction.insert(conversation, startKey: key)
            try transaction.record(conversation, key: Self.openingKey)
            return conversation
        }
    }

    func change<Result: Sendable>(
        _ id: ConversationID, recalling key: String?, _ context: MessageContext,
        _ verb: @escaping @Sendable (inout Conversation, MessageView?) throws -> Result
    ) async throws -> Result {
        let result = try await unitOfWork.commit(context) { transaction in
            guard let row = try transaction.first("SELECT * FROM conversations WHERE id = \(id)") else {
                throw ServiceError.conversationNotFound
            }
            var conversation = Conversation(view: try ConversationView(row))
            let result = try verb(&conversation, try transaction.message(in: id, key: key))
            if !conversation.events.isEmpty {
                try transaction.update(conversation)
                try transaction.record(conversation, key: key)
            }
            return result
        }
        changed(id)
        return result
    }
}

extension Transaction {
    fileprivate func message(in id: ConversationID, key: String?) throws -> MessageView? {
        guard let key else { return nil }
        return try first(
            "SELECT * FROM messages WHERE conversation_id = \(id) AND deduplication_key = \(key)"
        ).map(MessageView.init)
    }

    fileprivate func insert(_ conversation: Conversation, startKey: String?) throws {
        try execute(
            """
            INSERT INTO conversations (
                id, status, subject, contact_id, contact_name, contact_email, start_key, message_count, sequence,
                created_at, updated_at, ended_at
            ) VALUES (
                \(conversation.id), \(conversation.status), \(conversation.subject), \(conversation.contact.id),
                \(conversation.contact.name), \(conversation.contact.email), \(startKey),
                \(conversation.messageCount), \(conversation.sequence), \(conversation.createdAt),
                \(conversation.updatedAt), \(conversation.endedAt)
            )
            """)
    }

    fileprivate func update(_ conversation: Conversation) throws {
        try execute(
            """
            UPDATE conversations SET
                status = \(conversation.status), message_count = \(conversation.messageCount),
                sequence = \(conversation.sequence), updated_at = \(conversation.updatedAt),
                ended_at = \(conversation.endedAt)
            WHERE id = \(conversation.id)
            """)
    }

    /// Keeps what was said and what happened.
    fileprivate func record(_ conversation: Conversation, key: String?) throws {
        for message in conversation.posted {
            try execute(
                """
                INSERT INTO messages (
                    conversation_id, sequence, id, author_kind, author_id, author_name, content, citations,
                    deduplication_key, created_at
                ) VALUES (
                    \(message.conversationID), \(message.sequence), \(message.id), \(message.author.kind),
                    \(message.author.id), \(message.author.name), \(message.content),
                    \(CitationList(message.citations)), \(key), \(message.createdAt)
                )
                """)
        }
        let first = conversation.sequence - Int64(conversation.events.count) + 1
        for (offset, event) in conversation.events.enumerated() {
            try append(event, to: .conversation(conversation.id), sequence: first + Int64(offset))
        }
    }
}
