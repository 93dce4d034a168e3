import Contracts
import FoundationEssentials
import GRDB
import SQLite

/// Durable writes by 64 writers at once, a message each: commits that are shared against a transaction for
/// each through bare GRDB, with the same rows and `synchronous=FULL` both.
struct SQLiteWritesFigure {
    /// Where the two files go.
    let folder: String

    private static let writers = 64
    private static let roundDuration = Duration.seconds(2)
    private static let content =
        "Hello, I ordered a lamp last week, and it arrived broken. How do I return it, and who pays for that?"
    private static let schema = """
        CREATE TABLE messages (
            id BLOB PRIMARY KEY, conversation_id BLOB NOT NULL, sent_at INTEGER NOT NULL, content TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX messages_by_conversation ON messages (conversation_id, sent_at);
        """

    func measure() async throws -> Figure {
        let ours = try SQLiteDatabase(path: folder + "/ours.sqlite")
        try await ours.transaction { try $0.executeScript(Self.schema) }
        let bare = try openBare()
        try await bare.write { try $0.execute(sql: Self.schema) }
        let conversations = (0..<Self.writers).map { _ in UUID.newVersion7() }

        let rounds = try await Figure.rounds(
            7,
            ours: {
                try await callsPerSecond(callers: Self.writers, for: Self.roundDuration) { writer in
                    try await ours.transaction { transaction in
                        _ = try transaction.execute(
                            """
                            INSERT INTO messages (id, conversation_id, sent_at, content) VALUES (
                                \(UUID.newVersion7()), \(conversations[writer]), \(Instant.systemNow()), \(Self.content)
                            )
                            """)
                    }
                }
            },
            reference: {
                try await callsPerSecond(callers: Self.writers, for: Self.roundDuration) { writer in
                    try await bare.write { database in
                        try database.cachedStatement(
                            sql: """
                                INSERT INTO messages (id, conversation_id, sent_at, content) VALUES (?, ?, ?, ?)
                                """
                        ).execute(arguments: [
                            UUID.newVersion7(), conversations[writer],
                            Instant.systemNow().microsecondsSinceEpoch, Self.content,
                        ])
                    }
                }
            })
        return Figure(
            name: "sqlite-writes", unit: "commits/s", rounds: rounds, target: 5, compare: "ratio_min")
    }

    private func openBare() throws -> DatabasePool {
        let pool = try DatabasePool(path: folder + "/reference.sqlite")
        // Once it is open: it sets NORMAL itself when it turns WAL on.
        try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        return pool
    }
}

extension UUID {
    static func newVersion7() -> UUID {
        var random = SystemRandomNumberGenerator()
        return version7(at: .systemNow(), using: &random)
    }
}
