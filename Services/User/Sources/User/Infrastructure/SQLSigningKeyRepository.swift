import Contracts

struct SQLSigningKeyRepository: SigningKeyRepository {
    let database: any Database

    func addFirst(_ key: SigningKey) async throws {
        _ = try await database.transaction { transaction in
            // Several processes that start together all offer number 1: one of them prevails.
            try transaction.execute(
                """
                INSERT INTO signing_keys (number, id, private_key, created_at)
                VALUES (1, \(key.id), \(key.privateKey), \(key.createdAt))
                ON CONFLICT (number) DO NOTHING
                """)
        }
    }

    func all() async throws -> [SigningKey] {
        try await database.query(
            "SELECT id, private_key, created_at FROM signing_keys ORDER BY number DESC"
        ).map { row in
            SigningKey(
                id: try row.value("id"), privateKey: try row.value("private_key"),
                createdAt: try row.value("created_at"))
        }
    }
}
