import Contracts

/// Accounts in their table: what both repositories that write them do alike.
extension Account {
    static let columns: SQL = "id, email, name, role, password_hash, sequence, created_at"

    /// From a row with the ``columns``.
    init(_ row: SQLRow) throws {
        self.init(
            id: try row.value("id"),
            email: try row.value("email"),
            name: try row.value("name", as: String?.self).map { text throws in try DisplayName(text) },
            role: try row.role(),
            passwordHash: try row.value("password_hash"),
            createdAt: try row.value("created_at"),
            sequence: try row.value("sequence")
        )
    }

    static func load(_ id: AccountID, in reader: any SQLReader) throws -> Account? {
        try reader.first("SELECT \(columns) FROM accounts WHERE id = \(id)").map(Account.init)
    }

    /// - Throws: `.conflict`, code `user.email_taken`.
    func insert(in transaction: any Transaction) throws {
        let isNew = try transaction.execute(
            """
            INSERT INTO accounts (id, email, email_key, name, role, password_hash, sequence, created_at)
            VALUES (
                \(id), \(email), \(email.comparisonKey), \(name?.text), \(role.rawValue), \(passwordHash),
                \(sequence), \(createdAt)
            )
            ON CONFLICT (email_key) DO NOTHING
            """)
        guard isNew == 1 else { throw ServiceError.emailTaken }
        try recordEvents(in: transaction)
    }

    /// - Throws: `.conflict`, code `user.email_taken`, when the address changed to another account's.
    func update(in transaction: any Transaction) throws {
        let key = email.comparisonKey
        let holder = try transaction.first(
            "SELECT id FROM accounts WHERE email_key = \(key) AND id <> \(id)")
        guard holder == nil else { throw ServiceError.emailTaken }
        try transaction.execute(
            """
            UPDATE accounts SET email = \(email), email_key = \(key), role = \(role.rawValue),
                password_hash = \(passwordHash), sequence = \(sequence)
            WHERE id = \(id)
            """)
        try recordEvents(in: transaction)
    }

    private func recordEvents(in transaction: any Transaction) throws {
        let first = sequence - Int64(events.count) + 1
        for (event, number) in zip(events, first...) {
            try transaction.append(event, to: .init(Account.kind, id.rawValue), sequence: number)
        }
    }
}

extension SQLTransaction {
    /// Waits for whoever decides about administrators, and keeps others waiting until the transaction ends.
    /// SQLite has one writer anyway; PostgreSQL lets two demotions run side by side.
    func takeTurnOverAdministrators() throws {
        try execute("UPDATE setup SET turns = turns + 1 WHERE slot = 1")
    }
}

extension SQLRow {
    func role() throws -> Role {
        guard let role = try Role(rawValue: value("role")) else { throw ServiceError.internal }
        return role
    }
}
