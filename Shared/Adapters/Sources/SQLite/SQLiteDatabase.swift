import Contracts
import FoundationEssentials
import GRDB

/// A service's database in one SQLite file, in WAL mode: readers never wait for the writer.
///
/// Writers share commits (see ``GroupCommit``). `synchronous=FULL`: what was committed survives a loss of
/// power.
public final class SQLiteDatabase: Contracts.Database {
    private let pool: DatabasePool
    private let quickReads: QuickReads
    private let writes: GroupCommit
    private let streams: RowStreams

    public var dialect: SQLDialect { .sqlite }

    /// Opens the file, and makes it when there is none.
    /// - Parameter path: Its folder must exist.
    public init(path: String) throws {
        try Self.makePrivate(path)
        pool = try translatingErrors { try DatabasePool(path: path, configuration: Self.configuration()) }
        quickReads = try translatingErrors {
            try QuickReads(path: path, configuration: Self.configuration(readonly: true))
        }
        writes = GroupCommit(pool: pool)
        streams = RowStreams(path: path, configuration: Self.configuration(readonly: true))
    }

    /// The file holds the accounts and conversations of people: for this user's eyes only. Before SQLite opens
    /// it, because the files beside it, with what was written last, get the permissions that it has then.
    private static func makePrivate(_ path: String) throws {
        let attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o600]
        if FileManager.default.fileExists(atPath: path) {
            try FileManager.default.setAttributes(attributes, ofItemAtPath: path)
        } else if !FileManager.default.createFile(atPath: path, contents: nil, attributes: attributes) {
            throw Contracts.DatabaseError.unavailable("\(path) can't be created. Does its folder exist?")
        }
    }

    private static func configuration(readonly: Bool = false) -> Configuration {
        var configuration = Configuration()
        configuration.readonly = readonly
        configuration.maximumReaderCount = 4
        // Another process may write to the same file: an import beside a running server.
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;")
        }
        return configuration
    }

    public func query(_ statement: SQL) async throws -> [SQLRow] {
        if let rows = try quickReads.query(statement) { return rows }
        return try await read { try $0.query(statement) }
    }

    public func read<Result: Sendable>(
        _ body: @escaping @Sendable (any SQLReader) throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            pool.asyncRead { connection in
                continuation.resume(
                    with: Swift.Result {
                        try translatingErrors { try body(SQLiteTransaction(connection: connection.get())) }
                    })
            }
        }
    }

    public func rows(_ statement: SQL, each: @escaping @Sendable (SQLRow) async throws -> Void) async throws {
        try await streams.run(statement, each: each)
    }

    public func transaction<Result: Sendable>(
        _ body: @escaping @Sendable (any SQLTransaction) throws -> Result
    ) async throws -> Result {
        try await writes.run { try body(SQLiteTransaction(connection: $0)) }
    }
}
