import Contracts
import Synchronization
import Testing

/// A job queue under test: makes an empty one, hands it over, and removes it.
public struct JobQueueRig: Sendable, CustomTestStringConvertible {
    public typealias Body = @Sendable (JobsUnderTest) async throws -> Void

    public let testDescription: String
    private let run: @Sendable (@escaping Body) async throws -> Void

    public init(_ name: String, run: @escaping @Sendable (@escaping Body) async throws -> Void) {
        testDescription = name
        self.run = run
    }

    public func callAsFunction(_ body: @escaping Body) async throws {
        try await run { jobs in
            try await jobs.createEffects()
            try await within(.seconds(60)) { try await body(jobs) }
        }
    }
}

/// The database that the jobs lie in, and the processes that do them.
///
/// A runner here has 30 seconds of lease, beats every 5, looks every second, and drains for 10; its
/// random number is always 0.5.
public struct JobsUnderTest: Sendable {
    public typealias MakeProcess =
        @Sendable (any Database, _ now: @escaping @Sendable () -> Instant, TestSleep, JobProcess.Settings) ->
        JobProcess

    /// With the queue's tables in it.
    public let database: any Database
    public let clock = TestClock()
    private let makeProcess: MakeProcess

    public init(database: any Database, makeProcess: @escaping MakeProcess) {
        self.database = database
        self.makeProcess = makeProcess
    }

    /// - Parameter database: What this process sees of the database, if not all.
    func process(
        on database: (any Database)? = nil, _ settings: JobProcess.Settings = .init()
    ) -> JobProcess {
        makeProcess(database ?? self.database, clock.now, TestSleep(), settings)
    }
}

/// One process's part of the queue.
public struct JobProcess: Sendable {
    public struct Settings: Sendable {
        public var concurrency = 1
        public var isAlone = false
    }

    let queue: any JobQueue
    /// Wakes the runner after a commit.
    let database: any Database
    let sleep: TestSleep
    let run: @Sendable (JobTable) async -> Void

    public init(
        queue: any JobQueue, database: any Database, sleep: TestSleep,
        run: @escaping @Sendable (JobTable) async -> Void
    ) {
        self.queue = queue
        self.database = database
        self.sleep = sleep
        self.run = run
    }

    func enqueue<J: QueuedJob>(_ jobs: J..., order: JobOrder = JobOrder()) async throws {
        try await database.transaction { [queue] transaction in
            for job in jobs { try queue.enqueue(job, order, .sample(), in: transaction) }
        }
    }

    /// Runs beside `body`, then drains; drains in no time when `body` throws.
    func running(_ table: JobTable, _ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { await run(table) }
            do {
                try await body()
            } catch {
                sleep.end()
                throw error
            }
        }
    }

    func heartbeats(_ count: Int) async throws {
        for _ in 0..<count { try await sleep.pass(.seconds(5)) }
    }

    func look() async throws { try await sleep.pass(.seconds(1)) }
}

/// A clock's sleep that lasts until the test says so.
public final class TestSleep: Sendable {
    private let state = Mutex(State())

    private struct State {
        var sleepers: [Int: (duration: Duration, awake: Gate)] = [:]
        var next = 0
        var expected: [(duration: Duration, gate: Gate)] = []
        var isOver = false
    }

    public init() {}

    public func callAsFunction(_ duration: Duration) async throws {
        let awake = Gate()
        let (number, expected) = try state.withLock { state throws(CancellationError) -> (Int, [Gate]) in
            if state.isOver { throw CancellationError() }
            state.next += 1
            state.sleepers[state.next] = (duration, awake)
            let expected = state.expected.filter { $0.duration == duration }.map(\.gate)
            state.expected.removeAll { $0.duration == duration }
            return (state.next, expected)
        }
        for gate in expected { gate.open() }
        defer { state.withLock { $0.sleepers[number] = nil } }
        try await awake.wait()
    }

    /// Waits until somebody sleeps for just this long, and wakes them: that much time has passed for them.
    func pass(_ duration: Duration) async throws {
        let gate = Gate()
        let isAsleep = state.withLock { state in
            let isAsleep = state.sleepers.values.contains { $0.duration == duration }
            if !isAsleep { state.expected.append((duration, gate)) }
            return isAsleep
        }
        if !isAsleep { try await gate.wait() }
        wake { $0 == duration }
    }

    /// Nobody sleeps any more.
    func end() {
        state.withLock { $0.isOver = true }
        wakeAll()
    }

    /// Wakes everybody.
    func wakeAll() { wake { _ in true } }

    private func wake(_ isMeant: (Duration) -> Bool) {
        let woken = state.withLock { state in
            let woken = state.sleepers.filter { isMeant($0.value.duration) }
            for number in woken.keys { state.sleepers[number] = nil }
            return woken.values.map(\.awake)
        }
        for awake in woken { awake.open() }
    }
}

/// A database that a process loses when the test says so: to it, the process is dead or cut off.
final class LosableDatabase: Database {
    /// What becomes of a transaction.
    enum Fate: Sendable {
        case runs
        /// Never arrives.
        case lost
        /// Commits, but nobody is told.
        case answerLost
    }

    private let base: any Database
    private let fate: @Sendable () -> Fate
    private let isCutOff = Mutex(false)

    init(_ base: any Database, fate: @escaping @Sendable () -> Fate = { .runs }) {
        self.base = base
        self.fate = fate
    }

    var isLost: Bool { isCutOff.withLock { $0 } }

    /// From now on nothing gets through.
    func lose() { isCutOff.withLock { $0 = true } }
    func regain() { isCutOff.withLock { $0 = false } }

    var dialect: SQLDialect { base.dialect }

    func query(_ statement: SQL) async throws -> [SQLRow] {
        try check()
        return try await base.query(statement)
    }

    func read<Result: Sendable>(
        _ body: @escaping @Sendable (any SQLReader) throws -> Result
    ) async throws -> Result {
        try check()
        return try await base.read(body)
    }

    func rows(_ statement: SQL, each: @escaping @Sendable (SQLRow) async throws -> Void) async throws {
        try check()
        try await base.rows(statement, each: each)
    }

    func transaction<Result: Sendable>(
        _ body: @escaping @Sendable (any SQLTransaction) throws -> Result
    ) async throws -> Result {
        try check()
        switch fate() {
        case .runs:
            return try await base.transaction { transaction in
                try self.check()
                return try body(transaction)
            }
        case .lost:
            lose()
        case .answerLost:
            _ = try await base.transaction(body)
            lose()
        }
        throw DatabaseError.unavailable("lost")
    }

    private func check() throws {
        if isLost { throw DatabaseError.unavailable("lost") }
    }
}
