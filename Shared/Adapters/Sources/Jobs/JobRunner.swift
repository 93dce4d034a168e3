import Contracts
import Logging

/// Does a service's jobs: one a process and service.
///
/// One loop talks to the queue: each of its transactions reports all that was finished since the last and
/// claims what there is room for. So a process's claims never meet each other, and the cost of a durable
/// commit is shared by many jobs.
public struct JobRunner: Sendable {
    let queue: SQLJobQueue
    let table: JobTable
    let settings: Settings
    /// The wall clock: for what is scheduled, never for leases.
    let now: @Sendable () -> Instant
    let sleep: @Sendable (Duration) async throws -> Void
    /// A number from 0 up to 1, for jitter.
    let random: @Sendable () -> Double
    let logger: Logger

    public struct Settings: Sendable, Hashable {
        /// How many jobs are done at a time.
        public var concurrency: Int
        /// How many jobs are held at most, those that wait here for their turn included. That many are
        /// held only while they take next to no time.
        public var maximumHeld: Int
        /// A worker that died is noticed within this. One that can't reach its database for half of it
        /// stops by itself, before anybody else begins.
        public var lease: Duration
        /// How long a job that nobody rang for can lie: one that was scheduled, or another process wrote.
        public var pollInterval: Duration
        /// What running jobs get to finish when the process shuts down. Less than half of `lease`, for
        /// heartbeats have ended by then.
        public var drainTime: Duration
        /// Whether no other process serves this service. Then every worker found at the start is of
        /// an earlier run, and its jobs begin again at once.
        public var isAlone: Bool

        public init(
            concurrency: Int = 8, maximumHeld: Int = 512, lease: Duration = .seconds(30),
            pollInterval: Duration = .seconds(1), drainTime: Duration = .seconds(10), isAlone: Bool = false
        ) {
            precondition(concurrency > 0 && maximumHeld >= concurrency)
            precondition(drainTime < lease / 2)
            self.concurrency = concurrency
            self.maximumHeld = maximumHeld
            self.lease = lease
            self.pollInterval = pollInterval
            self.drainTime = drainTime
            self.isAlone = isAlone
        }

        /// Six in a lease. Dead is who was silent for four: with the one before and the one
        /// after, in which it is noticed, no more than a lease.
        var heartbeatInterval: Duration { lease / 6 }
        static let silentLooks = 4
        /// Less than four: who can't tell that it lives stops before it is declared dead.
        static let missedHeartbeats = 3
    }

    public init(
        queue: SQLJobQueue, table: JobTable, settings: Settings, now: @escaping @Sendable () -> Instant,
        sleep: @escaping @Sendable (Duration) async throws -> Void, random: @escaping @Sendable () -> Double,
        logger: Logger
    ) {
        self.queue = queue
        self.table = table
        self.settings = settings
        self.now = now
        self.sleep = sleep
        self.random = random
        self.logger = logger
    }

    /// Returns when cancelled: after what runs has finished, or ``Settings/drainTime`` has passed.
    public func run() async {
        let engine = JobEngine(runner: self)
        // A task of its own, for a cancellation would go straight to the jobs that are being done.
        let work = Task { await engine.run() }
        await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            engine.stop()
        }
    }

    /// Full jitter, as for the jobs themselves: for a database that is away.
    func backoff(after failures: Int) -> Duration {
        JobRetries(firstDelay: .milliseconds(200), longestDelay: .seconds(5))
            .delay(after: failures, random: random())
    }
}
