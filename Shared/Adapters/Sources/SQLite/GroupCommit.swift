import Contracts
import GRDB
import Synchronization

/// Lets everyone who waits to write share one transaction, and so one flush to the disk.
///
/// SQLite has one writer at a time, and a durable commit costs a flush whatever it holds. While one batch
/// is being flushed the next gathers; each job runs in a savepoint of its own, so one that fails undoes
/// only itself. Nobody hears of success before the flush.
final class GroupCommit: Sendable {
    private let pool: DatabasePool
    private let queue = Mutex(Queue())

    private struct Queue {
        var waiting: [Job] = []
        var isDraining = false
    }

    /// Past this a writer is told to come back later.
    private static let maximumWaiting = 4096
    /// Bounds how long the first of a batch waits for the last.
    private static let maximumBatch = 256

    init(pool: DatabasePool) {
        self.pool = pool
    }

    /// Runs `body` in a transaction.
    /// - Throws: What `body` throws; ``ServiceError/databaseUnavailable`` when too many wait;
    ///   `CancellationError` when the task was cancelled before its turn came.
    func run<Result: Sendable>(_ body: @escaping @Sendable (GRDB.Database) throws -> Result) async throws
        -> Result
    {
        let cancelled = Flag()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                enqueue(Job(cancelled: cancelled, continuation, body))
            }
        } onCancel: {
            cancelled.raise()
        }
    }

    private func enqueue(_ job: Job) {
        let (isFull, startsDraining) = queue.withLock { queue -> (Bool, Bool) in
            guard queue.waiting.count < Self.maximumWaiting else { return (true, false) }
            queue.waiting.append(job)
            defer { queue.isDraining = true }
            return (false, !queue.isDraining)
        }
        if isFull { return job.fail(ServiceError.databaseUnavailable) }
        if startsDraining { pool.asyncWriteWithoutTransaction { self.drain($0) } }
    }

    private func drain(_ connection: GRDB.Database) {
        while true {
            let batch = queue.withLock { queue -> [Job] in
                let batch = Array(queue.waiting.prefix(Self.maximumBatch))
                queue.waiting.removeFirst(batch.count)
                if batch.isEmpty { queue.isDraining = false }
                return batch
            }
            if batch.isEmpty { return }
            commit(batch.filter { !$0.endIfCancelled() }, connection)
        }
    }

    private func commit(_ batch: [Job], _ connection: GRDB.Database) {
        if batch.count == 1 { return commitAlone(batch[0], connection) }
        guard !batch.isEmpty else { return }
        var outcomes: [@Sendable () -> Void] = []
        do {
            try connection.run("BEGIN IMMEDIATE")
        } catch {
            // Another process holds the file. Each would only wait for it again.
            return batch.forEach { $0.fail(Contracts.DatabaseError(error)) }
        }
        do {
            for job in batch {
                try connection.run("SAVEPOINT job")
                outcomes.append(job.attempt(connection))
                if !job.succeeded { try connection.run("ROLLBACK TO job") }
                try connection.run("RELEASE job")
            }
            try connection.run("COMMIT")
        } catch {
            // A full disk takes the whole transaction down, and with it what was nobody's fault. All of it
            // is undone, so each may try alone and learn of its own fate.
            connection.rollBackIfOpen()
            for job in batch where !job.endIfCancelled() { commitAlone(job, connection) }
            return
        }
        outcomes.forEach { $0() }
    }

    private func commitAlone(_ job: Job, _ connection: GRDB.Database) {
        do {
            try connection.run("BEGIN IMMEDIATE")
            let outcome = job.attempt(connection)
            if job.succeeded {
                try connection.run("COMMIT")
            } else {
                connection.rollBackIfOpen()
            }
            outcome()
        } catch {
            connection.rollBackIfOpen()
            job.fail(Contracts.DatabaseError(error))
        }
    }
}

/// One writer's work, its result type forgotten.
private final class Job: Sendable {
    /// Runs the body; the returned closure tells the writer, once the commit is durable.
    let attempt: @Sendable (GRDB.Database) -> @Sendable () -> Void
    let fail: @Sendable (any Error) -> Void
    private let cancelled: Flag
    private let success: Flag

    var succeeded: Bool { success.isRaised }

    init<Result: Sendable>(
        cancelled: Flag, _ continuation: CheckedContinuation<Result, any Error>,
        _ body: @escaping @Sendable (GRDB.Database) throws -> Result
    ) {
        let success = Flag()
        self.cancelled = cancelled
        self.success = success
        attempt = { connection in
            let result = Swift.Result { try body(connection) }
            if case .success = result { success.raise() } else { success.lower() }
            return { continuation.resume(with: result) }
        }
        fail = { continuation.resume(throwing: $0) }
    }

    func endIfCancelled() -> Bool {
        guard cancelled.isRaised else { return false }
        fail(CancellationError())
        return true
    }
}

private final class Flag: Sendable {
    private let value = Atomic(false)

    var isRaised: Bool { value.load(ordering: .acquiring) }
    func raise() { value.store(true, ordering: .releasing) }
    func lower() { value.store(false, ordering: .releasing) }
}

extension GRDB.Database {
    func run(_ statement: String) throws {
        try cachedStatement(sql: statement).execute()
    }

    func rollBackIfOpen() {
        // SQLite may have ended it by itself, and then there is nothing to roll back.
        guard isInsideTransaction else { return }
        try? run("ROLLBACK")
    }
}
