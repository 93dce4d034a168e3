import Contracts

struct SQLSessionRepository: SessionRepository {
    let database: any Database

    func add(_ session: Session) async throws {
        try await database.transaction { transaction in
            try transaction.execute(
                """
                INSERT INTO sessions (
                    id, account_id, fingerprint, rotation, created_at, last_used_at, expires_at
                ) VALUES (
                    \(session.id), \(session.accountID), \(session.fingerprint.bytes), \(session.rotation),
                    \(session.createdAt), \(session.lastUsedAt), \(session.expiresAt)
                )
                """)
            try transaction.execute(
                """
                DELETE FROM sessions WHERE account_id = \(session.accountID) AND id NOT IN (
                    SELECT id FROM sessions
                    WHERE account_id = \(session.accountID) AND expires_at > \(session.createdAt)
                    ORDER BY created_at DESC, id DESC LIMIT \(Session.maximumPerAccount)
                )
                """)
        }
    }

    func change<Result: Sendable>(
        holding fingerprint: Fingerprint, _ verb: @escaping @Sendable (inout Session) throws -> Result
    ) async throws -> Result? {
        try await database.transaction { transaction in
            guard var session = try Self.session(holding: fingerprint, in: transaction) else { return nil }
            let before = session
            let result = try verb(&session)
            if session.isEnded {
                try transaction.execute("DELETE FROM sessions WHERE id = \(session.id)")
            } else if session.rotation != before.rotation {
                try Self.rotate(from: before, to: session, in: transaction)
            }
            return result
        }
    }

    private static func session(
        holding fingerprint: Fingerprint, in transaction: any SQLTransaction
    ) throws -> Session? {
        // Locks the row in PostgreSQL: of two who exchange one token at once, the second finds it used.
        try transaction.execute(
            "UPDATE sessions SET rotation = rotation WHERE fingerprint = \(fingerprint.bytes)")
        let row = try transaction.first(
            """
            SELECT id, account_id, fingerprint, rotation, created_at, last_used_at, expires_at FROM sessions
            WHERE fingerprint = \(fingerprint.bytes) OR id = (
                SELECT session_id FROM used_refresh_tokens WHERE fingerprint = \(fingerprint.bytes)
            )
            """)
        return try row.map(Session.init)
    }

    private static func rotate(
        from before: Session, to session: Session, in transaction: any SQLTransaction
    ) throws {
        try transaction.execute(
            """
            UPDATE sessions SET fingerprint = \(session.fingerprint.bytes), rotation = \(session.rotation),
                last_used_at = \(session.lastUsedAt), expires_at = \(session.expiresAt)
            WHERE id = \(session.id)
            """)
        try transaction.execute(
            """
            INSERT INTO used_refresh_tokens (fingerprint, session_id, rotation)
            VALUES (\(before.fingerprint.bytes), \(session.id), \(before.rotation))
            """)
        try transaction.execute(
            """
            DELETE FROM used_refresh_tokens
            WHERE session_id = \(session.id) AND rotation < \(session.rotation - Session.rememberedRotations)
            """)
    }
}

extension Session {
    fileprivate init(_ row: SQLRow) throws {
        self.init(
            id: try row.value("id"),
            accountID: try row.value("account_id"),
            fingerprint: Fingerprint(bytes: try row.value("fingerprint")),
            rotation: try row.value("rotation"),
            createdAt: try row.value("created_at"),
            lastUsedAt: try row.value("last_used_at"),
            expiresAt: try row.value("expires_at")
        )
    }
}
