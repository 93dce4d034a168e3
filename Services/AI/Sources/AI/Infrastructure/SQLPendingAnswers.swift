import Contracts

/// The list of messages to answer, in SQL.
struct SQLPendingAnswers: PendingAnswers {
    let database: any Database
    let unitOfWork: any UnitOfWork

    func enqueue(_ pending: PendingAnswer, for envelope: EventEnvelope, _ context: MessageContext) async throws
    {
        try await unitOfWork.react(to: envelope, context) { transaction in
            try transaction.execute(
                """
                INSERT INTO pending_answers (
                    message_id, conversation_id, content, request_id, enqueued_at, attempts, next_attempt_at
                ) VALUES (
                    \(pending.messageID), \(pending.conversationID), \(pending.content), \(pending.requestID),
                    \(pending.enqueuedAt), \(pending.attempts), \(pending.nextAttemptAt)
                )
                ON CONFLICT (message_id) DO NOTHING
                """
            )
        }
    }

    func due(at now: Instant, except busy: Set<ConversationID>, limit: Int) async throws -> [PendingAnswer] {
        // Message IDs are ordered by time: they decide between messages of one microsecond.
        let rows = try await database.query(
            """
            SELECT * FROM pending_answers AS first
            WHERE next_attempt_at <= \(now) AND NOT EXISTS (
                SELECT 1 FROM pending_answers AS earlier
                WHERE earlier.conversation_id = first.conversation_id
                AND (earlier.enqueued_at, earlier.message_id) < (first.enqueued_at, first.message_id)
            )
            ORDER BY enqueued_at, message_id LIMIT \(limit + busy.count)
            """
        )
        return try rows.map(Self.pending).filter { !busy.contains($0.conversationID) }.prefix(limit).map { $0 }
    }

    func finish(_ pending: PendingAnswer, _ event: QuestionAnswered, _ context: MessageContext) async throws {
        try await unitOfWork.commit(context) { transaction in
            let removed = try transaction.execute(
                "DELETE FROM pending_answers WHERE message_id = \(pending.messageID)"
            )
            guard removed == 1 else { return }
            try transaction.append(
                event, to: EventEnvelope.Aggregate("answer", pending.messageID.rawValue), sequence: 1
            )
        }
    }

    func drop(_ messageID: MessageID) async throws {
        _ = try await database.transaction { transaction in
            try transaction.execute("DELETE FROM pending_answers WHERE message_id = \(messageID)")
        }
    }

    func save(_ pending: PendingAnswer) async throws {
        _ = try await database.transaction { transaction in
            try transaction.execute(
                """
                UPDATE pending_answers SET attempts = \(pending.attempts), next_attempt_at = \(pending.nextAttemptAt)
                WHERE message_id = \(pending.messageID)
                """
            )
        }
    }

    private static func pending(_ row: SQLRow) throws -> PendingAnswer {
        PendingAnswer(
            messageID: try row.value("message_id"), conversationID: try row.value("conversation_id"),
            content: try row.value("content"), requestID: try row.value("request_id"),
            enqueuedAt: try row.value("enqueued_at"), attempts: try row.value("attempts"),
            nextAttemptAt: try row.value("next_attempt_at")
        )
    }
}
