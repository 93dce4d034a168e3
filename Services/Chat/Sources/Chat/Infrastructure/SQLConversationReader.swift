import Contracts

/// Conversations as clients read them, straight from the tables.
struct SQLConversationReader: ConversationReader {
    let database: any Database

    func conversation(_ id: ConversationID) async throws -> ConversationView {
        let rows = try await database.query("SELECT * FROM conversations WHERE id = \(id)")
        guard let row = rows.first else { throw ServiceError.conversationNotFound }
        return try ConversationView(row)
    }

    func conversations(
        of contact: AccountID?, status: ConversationStatus?, _ page: PageRequest
    ) async throws -> Page<ConversationView> {
        var conditions: [SQL] = []
        if let contact { conditions.append("contact_id = \(contact)") }
        if let status { conditions.append("status = \(status)") }
        if let cursor = page.cursor {
            let last = try PagePosition(cursor: cursor)
            conditions.append("(updated_at, id) < (\(last.instant), \(last.id))")
        }
        let filter = conditions.reduce("1 = 1" as SQL) { "\($0) AND \($1)" }
        let rows = try await database.query(
            """
            SELECT * FROM conversations WHERE \(filter)
            ORDER BY updated_at DESC, id DESC LIMIT \(page.limit + 1)
            """)
        return try Page(rows.map(ConversationView.init), limit: page.limit) {
            PagePosition(instant: $0.updatedAt, id: $0.id.rawValue).cursor
        }
    }

    func messages(in id: ConversationID, _ page: PageRequest) async throws -> Page<MessageView> {
        let after = try page.cursor.map { cursor throws(ServiceError) in
            guard let sequence = Int64(cursor) else { throw .invalidCursor }
            return sequence
        }
        let rows = try await database.query(
            """
            SELECT * FROM messages WHERE conversation_id = \(id) AND sequence > \(after ?? 0)
            ORDER BY sequence LIMIT \(page.limit + 1)
            """)
        return try Page(rows.map(MessageView.init), limit: page.limit) { String($0.sequence) }
    }

    func allMessages(
        in id: ConversationID, each: @escaping @Sendable (MessageView) async throws -> Void
    ) async throws {
        try await database.rows("SELECT * FROM messages WHERE conversation_id = \(id) ORDER BY sequence") {
            row in
            try await each(MessageView(row))
        }
    }
}
