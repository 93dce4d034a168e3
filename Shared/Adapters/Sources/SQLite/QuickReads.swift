import Contracts
import FoundationEssentials
import GRDB
import GRDBSQLite
import Synchronization

/// Answers single statements on the thread that asks, as long as they take no longer than looking rows up.
///
/// To find a row by its key costs a fraction of what a change of thread does. What turns out to take longer is
/// given up after a bounded number of steps, and is for a reader with a thread of its own.
final class QuickReads: Sendable {
    private let idle: Mutex<[DatabaseQueue]>

    /// Instructions of SQLite's virtual machine, ten to twenty for each row: a fraction of a millisecond.
    private static let maximumSteps: CInt = 10_000
    /// No more run at once than there are threads for tasks.
    private static let connections = min(ProcessInfo.processInfo.activeProcessorCount, 8)

    /// - Parameter configuration: Read-only.
    init(path: String, configuration: Configuration) throws {
        var configuration = configuration
        configuration.busyMode = .immediateError
        configuration.prepareDatabase { database in
            sqlite3_progress_handler(database.sqliteConnection, Self.maximumSteps, { _ in 1 }, nil)
        }
        idle = Mutex(
            try (0..<Self.connections).map { _ in
                try DatabaseQueue(path: path, configuration: configuration)
            })
    }

    /// - Returns: `nil` when it takes longer, or every connection is in use.
    /// - Throws: ``DatabaseError``.
    func query(_ statement: SQL) throws -> [SQLRow]? {
        guard let connection = idle.withLock({ $0.popLast() }) else { return nil }
        defer { idle.withLock { $0.append(connection) } }
        return try translatingErrors {
            do {
                return try connection.unsafeRead { try Self.run(statement, on: $0) }
            } catch let error as GRDB.DatabaseError
                where error.resultCode == .SQLITE_INTERRUPT || error.resultCode == .SQLITE_BUSY
            {
                return nil
            }
        }
    }

    private static func run(_ statement: SQL, on connection: GRDB.Database) throws -> [SQLRow] {
        let transaction = SQLiteTransaction(connection: connection)
        let prepared = try transaction.prepare(statement)
        // SQLite counts on from the time before, for as long as it keeps the statement.
        sqlite3_stmt_status(prepared.sqliteStatement, SQLITE_STMTSTATUS_VM_STEP, 1)
        return try transaction.rows(of: prepared)
    }
}
