import Contracts
import FoundationEssentials

/// The job queue in a service's own database.
public struct SQLJobQueue: JobQueue {
    /// The service's database, to be used in place of the one that this was made from: who commits a job
    /// through it wakes the runner.
    public let database: any Database
    private let now: @Sendable () -> Instant
    let bell: JobBell

    /// - Parameter now: The wall clock: decides when something scheduled is due, and nothing else.
    public init(database: any Database, now: @escaping @Sendable () -> Instant) {
        let bell = JobBell()
        self.database = RingingDatabase(base: database, bell: bell)
        self.now = now
        self.bell = bell
    }

    /// The tables that a service has beside its own.
    public static let migrations = [
        Migration(
            fileName: "0001_create_jobs", sqlite: PackageResources._001_create_jobs_sqlite_sql,
            postgres: PackageResources._001_create_jobs_postgres_sql)
    ]

    @discardableResult
    public func enqueue<J: QueuedJob>(
        _ job: J, _ order: JobOrder, _ context: MessageContext, in transaction: any SQLTransaction
    ) throws -> Bool {
        let payload = String(decoding: try JSONEncoder().encode(job), as: UTF8.self)
        let time = now()
        let runAt = order.runAt.flatMap { $0 > time ? $0 : nil }
        // The only conflict that there can be is one of keys.
        let inserted = try transaction.execute(
            """
            INSERT INTO jobs (
                name, payload, key, priority, state, run_at, request_id, traceparent, enqueued_at
            ) VALUES (
                \(J.name), \(payload), \(order.key), \(order.priority.rawValue),
                \(runAt == nil ? "ready" : "scheduled"), \(runAt), \(context.requestID),
                \(context.traceparent), \(time)
            ) ON CONFLICT DO NOTHING
            """)
        // In a transaction that isn't ours nobody would ring afterwards. The next look finds the job then.
        if inserted == 1, runAt == nil { EnqueueNote.current?.make() }
        return inserted == 1
    }

    public func complete(_ lease: JobLease, in transaction: any SQLTransaction) throws {
        let deleted = try transaction.execute(
            """
            DELETE FROM jobs
            WHERE number = \(lease.number) AND token = \(lease.token) AND state = 'running'
            """)
        guard deleted == 1 else { throw ServiceError.leaseLost }
    }

    public func dead(after number: Int64, limit: Int) async throws -> [DeadJob] {
        try await database.query(
            """
            SELECT number, name, key, attempts + losses AS attempts, code, reason, enqueued_at, failed_at,
                request_id
            FROM jobs WHERE state = 'dead' AND number > \(number) ORDER BY number LIMIT \(limit)
            """
        ).map(DeadJob.init)
    }

    public func redrive(_ number: Int64) async throws -> Bool {
        let isDead = try await database.transaction { transaction in
            let found = try transaction.first(
                "SELECT number FROM jobs WHERE number = \(number) AND state = 'dead'")
            guard found != nil else { return false }
            try transaction.requeue(
                where: "number = \(number) AND state = 'dead'",
                "state = 'ready', attempts = 0, losses = 0, code = NULL, reason = NULL, failed_at = NULL")
            return true
        }
        if isDead { bell.ring() }
        return isDead
    }
}

extension DeadJob {
    /// From a row of `jobs`.
    fileprivate init(_ row: SQLRow) throws {
        self.init(
            number: try row.value("number"),
            name: try row.value("name"),
            key: try row.value("key"),
            attempts: try row.value("attempts"),
            code: try row.value("code"),
            reason: try row.value("reason"),
            enqueuedAt: try row.value("enqueued_at"),
            diedAt: try row.value("failed_at"),
            requestID: try row.value("request_id")
        )
    }
}
