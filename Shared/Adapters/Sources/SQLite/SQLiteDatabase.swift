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
    /// Goes with this object.
    private let ownFolder: String?

    public var dialect: SQLDialect { .sqlite }

    /// Opens the file, and makes it when there is none.
    /// - Parameter path: Its folder must exist.
    public convenience init(path: String) throws {
        try self.init(path: path, ownFolder: nil)
    }

    /// A database in the machine's memory, gone with this object: for tests.
    ///
    /// SQLite's own `:memory:` belongs to one connection, or locks whole tables between several; in a file
    /// on a file system in memory, readers and writers meet as they do on disk.
    public static func inMemory() throws -> SQLiteDatabase {
        let shared = "/dev/shm"
        let parent =
            FileManager.default.isWritableFile(atPath: shared)
            ? shared : FileManager.default.temporaryDirectory.path
        let folder = "\(parent)/sqlite-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        return try SQLiteDatabase(path: folder + "/memory.sqlite", ownFolder: folder)
    }

    private init(path: String, ownFolder: String?) throws {
        self.ownFolder = ownFolder
        let isDurable = ownFolder == nil
        let reading = Self.configuration(readonly: true)
        try Self.makePrivate(path)
        pool = try translatingErrors {
            let pool = try DatabasePool(path: path, configuration: Self.configuration())
            // Not with the rest of the configuration: GRDB turns WAL on after that, and `synchronous` to NORMAL
            // with it, which flushes no commit.
            try pool.writeWithoutTransaction { connection in
                try connection.execute(
                    sql: isDurable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = OFF")
            }
            return pool
        }
        quickReads = try translatingErrors { try QuickReads(path: path, configuration: reading) }
        writes = GroupCommit(pool: pool)
        streams = RowStreams(path: path, configuration: reading)
    }

    deinit {
        // Nobody has it any more, so nobody can be told of a failure.
        if let ownFolder { try? FileManager.default.removeItem(atPath: ownFolder) }
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
            try database.execute(sql: "PRAGMA temp_store = MEMORY")
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
