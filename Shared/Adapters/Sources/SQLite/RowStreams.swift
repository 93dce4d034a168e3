import Contracts
import GRDB
import Synchronization

/// Results of any length, read a batch at a time while the consumer takes its time.
///
/// Each stream has a connection of its own, whose open statement holds its moment in the WAL: a slow
/// consumer keeps no thread and no reader of the pool.
final class RowStreams: Sendable {
    private let path: String
    private let configuration: Configuration
    private let open = Mutex(0)

    private static let maximumOpen = 32
    private static let rowsPerBatch = 128

    init(path: String, configuration: Configuration) {
        self.path = path
        self.configuration = configuration
    }

    func run(_ statement: SQL, each: @Sendable (SQLRow) async throws -> Void) async throws {
        try enter()
        defer { open.withLock { $0 -= 1 } }
        let queue = try translatingErrors { try DatabaseQueue(path: path, configuration: configuration) }
        let source = RowSource(statement)
        do {
            while true {
                try Task.checkCancellation()
                let rows = try await batch(from: source, on: queue)
                for row in rows { try await each(row) }
                if rows.count < Self.rowsPerBatch { break }
            }
        } catch {
            await close(source, on: queue)
            throw error
        }
        await close(source, on: queue)
    }

    private func enter() throws {
        try open.withLock { open in
            guard open < Self.maximumOpen else { throw ServiceError.databaseUnavailable }
            open += 1
        }
    }

    private func batch(from source: RowSource, on queue: DatabaseQueue) async throws -> [SQLRow] {
        try await withCheckedThrowingContinuation { continuation in
            queue.asyncWriteWithoutTransaction { connection in
                continuation.resume(
                    with: Result { try translatingErrors { try source.next(Self.rowsPerBatch, connection) } })
            }
        }
    }

    private func close(_ source: RowSource, on queue: DatabaseQueue) async {
        await withCheckedContinuation { continuation in
            queue.asyncWriteWithoutTransaction { _ in
                source.close()
                continuation.resume()
            }
        }
        // Nothing is open on it any more, so this can't fail; without it the file would be let go some time later.
        try? queue.close()
    }
}

/// An open statement.
// Safe: touched only on its connection's queue.
private final class RowSource: @unchecked Sendable {
    private let statement: SQL
    private var cursor: RowCursor?
    private var columns: [String] = []

    init(_ statement: SQL) {
        self.statement = statement
    }

    func next(_ count: Int, _ connection: GRDB.Database) throws -> [SQLRow] {
        let cursor = try self.cursor ?? open(connection)
        var rows: [SQLRow] = []
        while rows.count < count, let row = try cursor.next() {
            rows.append(SQLRow(columns: columns, row))
        }
        return rows
    }

    private func open(_ connection: GRDB.Database) throws -> RowCursor {
        let prepared = try SQLiteTransaction(connection: connection).prepare(statement)
        columns = prepared.columnNames
        let cursor = try Row.fetchCursor(prepared)
        self.cursor = cursor
        return cursor
    }

    /// A statement must end on its own connection's queue.
    func close() {
        cursor = nil
    }
}
