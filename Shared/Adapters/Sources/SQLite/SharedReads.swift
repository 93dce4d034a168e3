import Contracts
import GRDB
import Synchronization

/// Lets single statements that wait at the same moment share one turn on a reader of their own.
///
/// A turn costs a change of thread and a transaction, several times the price of finding a row by its key.
/// A statement sees everything that was committed before it was asked: a turn first takes who waits, and
/// only then its moment in the WAL.
final class SharedReads: Sendable {
    private let queue: Mutex<Queue>

    private struct Queue {
        var waiting: [Read] = []
        var idle: [DatabaseQueue]
    }

    private struct Read: Sendable {
        let statement: SQL
        let continuation: CheckedContinuation<[SQLRow], any Error>
    }

    private static let readers = 2
    /// Past this a reader is told to come back later.
    private static let maximumWaiting = 16_384
    /// Bounds how long the first of a turn waits for the last, and how many wait before a second reader helps.
    private static let maximumPerTurn = 64

    init(path: String, configuration: Configuration) throws {
        let idle = try (0..<Self.readers).map { _ in try DatabaseQueue(path: path, configuration: configuration)
        }
        queue = Mutex(Queue(idle: idle))
    }

    func query(_ statement: SQL) async throws -> [SQLRow] {
        try await withCheckedThrowingContinuation { continuation in
            enqueue(Read(statement: statement, continuation: continuation))
        }
    }

    private func enqueue(_ read: Read) {
        let (isFull, reader) = queue.withLock { queue -> (Bool, DatabaseQueue?) in
            guard queue.waiting.count < Self.maximumWaiting else { return (true, nil) }
            queue.waiting.append(read)
            let busy = Self.readers - queue.idle.count
            return (false, queue.waiting.count > busy * Self.maximumPerTurn ? queue.idle.popLast() : nil)
        }
        if isFull { return read.continuation.resume(throwing: ServiceError.databaseUnavailable) }
        reader?.asyncWriteWithoutTransaction { [reader] connection in
            while let batch = self.nextBatch(or: reader) { self.run(batch, connection) }
        }
    }

    /// - Returns: `nil` when nobody waits: then `reader` is idle again.
    private func nextBatch(or reader: DatabaseQueue?) -> ArraySlice<Read>? {
        queue.withLock { queue in
            let batch = queue.waiting.prefix(Self.maximumPerTurn)
            queue.waiting.removeFirst(batch.count)
            if batch.isEmpty, let reader { queue.idle.append(reader) }
            return batch.isEmpty ? nil : batch
        }
    }

    private func run(_ batch: ArraySlice<Read>, _ connection: GRDB.Database) {
        let transaction = SQLiteTransaction(connection: connection)
        do {
            try translatingErrors { try connection.run("BEGIN") }
        } catch {
            return batch.forEach { $0.continuation.resume(throwing: error) }
        }
        for read in batch {
            read.continuation.resume(with: Result { try transaction.query(read.statement) })
        }
        connection.rollBackIfOpen()
    }
}
