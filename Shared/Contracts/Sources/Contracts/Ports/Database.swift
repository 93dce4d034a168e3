/// A service's own SQL database: its SQLite file, or its schema in PostgreSQL.
///
/// What happens in a transaction is synchronous: it can wait for its database and for nothing else, so
/// no transaction is ever held open across a call to another service, and a whole batch of them can
/// share one commit. A body may run more than once (a serialization failure, a shared commit that
/// failed), so it has no effect but on its transaction.
public protocol Database: Sendable {
    var dialect: SQLDialect { get }

    /// Runs one statement that only reads. Made for looking things up, which may happen on the caller's thread:
    /// what computes for long goes through ``read(_:)``.
    /// - Throws: ``DatabaseError``.
    func query(_ statement: SQL) async throws -> [SQLRow]

    /// Reads several things as of one moment.
    func read<Result: Sendable>(
        _ body: @escaping @Sendable (any SQLReader) throws -> Result
    ) async throws -> Result

    /// Reads any number of rows in constant memory: the next batch is fetched when `each` has returned.
    func rows(_ statement: SQL, each: @escaping @Sendable (SQLRow) async throws -> Void) async throws

    /// Runs `body` in a transaction and returns when it is durable: after a crash, whatever was returned
    /// from here is there.
    /// - Throws: What `body` throws, after undoing it; `.unavailable` when too many writers wait.
    func transaction<Result: Sendable>(
        _ body: @escaping @Sendable (any SQLTransaction) throws -> Result
    ) async throws -> Result
}

/// The two languages that statements are written in; see ``SQLReader/dialect``.
public enum SQLDialect: Sendable {
    case sqlite, postgres
}

/// Reads inside a transaction, all as of one moment.
public protocol SQLReader {
    var dialect: SQLDialect { get }

    /// - Throws: ``DatabaseError``.
    func query(_ statement: SQL) throws -> [SQLRow]
}

/// A transaction: committed when its body returns, undone when it throws.
public protocol SQLTransaction: SQLReader {
    /// - Returns: How many rows were inserted, updated or deleted.
    /// - Throws: ``DatabaseError``; `.uniqueViolation` leaves the transaction usable only for undoing it
    ///   (PostgreSQL aborts the whole of it), so prefer `ON CONFLICT`.
    @discardableResult
    func execute(_ statement: SQL) throws -> Int

    /// Runs a script of several statements without parameters: a migration.
    func executeScript(_ script: String) throws
}

/// A failure of the database, in terms that both databases share.
public enum DatabaseError: Error, Sendable, Hashable {
    /// A row with this key exists. Names the constraint or the columns, as the database reports it.
    case uniqueViolation(String)
    /// Another rule of the schema: NOT NULL, CHECK, a foreign key.
    case constraintViolation(String)
    /// Full, busy or unreachable: worth trying again.
    case unavailable(String)
    /// Anything else. A mistake in a statement, or damage.
    case failed(String)
}

extension SQLReader {
    /// The first row, or `nil`.
    public func first(_ statement: SQL) throws -> SQLRow? {
        try query(statement).first
    }
}

/// One step of a schema: `0001_create_conversations`. Forward only, one transaction each; once released its
/// scripts never change.
public struct Migration: Sendable {
    /// From 1, without gaps.
    public let version: Int
    /// `create_conversations`
    public let name: String
    private let sqlite: String
    private let postgres: String

    /// - Parameter fileName: `0001_create_conversations`, with or without `.sql`.
    public init(fileName: String, sqlite: [UInt8], postgres: [UInt8]) {
        let parts = fileName.split(separator: "_", maxSplits: 1)
        guard parts.count == 2, let version = Int(parts[0]) else {
            preconditionFailure("\(fileName) isn't named like 0001_create_conversations.sql")
        }
        self.version = version
        self.name = String(parts[1].prefix { $0 != "." })
        self.sqlite = String(decoding: sqlite, as: UTF8.self)
        self.postgres = String(decoding: postgres, as: UTF8.self)
    }

    /// A step that both databases take in the same words.
    public init(fileName: String, script: [UInt8]) {
        self.init(fileName: fileName, sqlite: script, postgres: script)
    }

    /// Names no schema: the connection says where tables are made.
    public func script(for dialect: SQLDialect) -> String {
        switch dialect {
        case .sqlite: sqlite
        case .postgres: postgres
        }
    }
}
