import Contracts
import Jobs
import Logging
import PostgreSQL
import Synchronization

/// Jobs that do nothing, on PostgreSQL: how many a second, and how long one that comes while nothing else is
/// to do waits for its handler. One round.
struct JobsMeasurement {
    let url: String
    let jobs: Int

    private static let latencies = 200
    private static let clock = ContinuousClock()

    func measure() async throws -> [String: Double] {
        let administrator = try RawPostgreSQL(url: url, schema: "jobs_bench")
        try administrator.run("DROP SCHEMA jobs_bench CASCADE; CREATE SCHEMA jobs_bench")
        for migration in SQLJobQueue.migrations { try administrator.run(migration.script(for: .postgres)) }
        let queue = SQLJobQueue(
            database: PostgreSQLDatabase(try PostgreSQLConfiguration(url: url, schema: "jobs_bench")),
            now: { .systemNow() })
        try await enqueue(jobs, in: queue)

        let done = Handled()
        let start = Self.clock.now
        let running = Task { await runner(queue, done).run() }
        defer { running.cancel() }
        while done.count < jobs { try await Self.clock.sleep(for: .milliseconds(1)) }
        // Done is what is gone.
        while try await isAnyLeft(queue) { try await Self.clock.sleep(for: .milliseconds(1)) }
        let duration = Self.clock.now - start

        let pickUp = try await pickUp(queue, done)
        running.cancel()
        await running.value
        return [
            "jobs_per_second": Double(jobs) / (duration / .seconds(1)),
            "pick_up_p50_ms": pickUp[pickUp.count / 2],
            "pick_up_p99_ms": pickUp[pickUp.count * 99 / 100],
        ]
    }

    private func enqueue(_ count: Int, in queue: SQLJobQueue) async throws {
        for start in stride(from: 0, to: count, by: 100) {
            try await queue.database.transaction { transaction in
                for number in start..<min(start + 100, count) {
                    try queue.enqueue(NoOp(number: number), JobOrder(), .sample, in: transaction)
                }
            }
        }
    }

    private func runner(_ queue: SQLJobQueue, _ done: Handled) -> JobRunner {
        var table = JobTable(service: .chat)
        table.handle(NoOp.self) { _, _, _ in done.add() }
        return JobRunner(
            queue: queue, table: table, settings: .init(), now: { .systemNow() },
            sleep: { try await Self.clock.sleep(for: $0) }, random: { Double.random(in: 0..<1) },
            logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
    }

    private func isAnyLeft(_ queue: SQLJobQueue) async throws -> Bool {
        try await !queue.database.query("SELECT number FROM jobs LIMIT 1").isEmpty
    }

    /// Milliseconds from before the transaction that enqueues a job to its handler, ascending.
    private func pickUp(_ queue: SQLJobQueue, _ done: Handled) async throws -> [Double] {
        var waits: [Double] = []
        for number in jobs..<(jobs + Self.latencies) {
            let sent = Self.clock.now
            try await queue.database.transaction { transaction in
                _ = try queue.enqueue(NoOp(number: number), JobOrder(), .sample, in: transaction)
            }
            while done.count <= number { try await Self.clock.sleep(for: .milliseconds(1)) }
            waits.append((done.last - sent) / .milliseconds(1))
            try await Self.clock.sleep(for: .milliseconds(5))
        }
        return waits.sorted()
    }
}

private struct NoOp: QueuedJob {
    static let name = "chat.no_op.v1"
    let number: Int
}

/// What has been handled, and when the last of it was.
private final class Handled: Sendable {
    private let state = Mutex((count: 0, last: ContinuousClock.now))

    var count: Int { state.withLock { $0.count } }
    var last: ContinuousClock.Instant { state.withLock { $0.last } }

    func add() {
        state.withLock { $0 = ($0.count + 1, .now) }
    }
}
