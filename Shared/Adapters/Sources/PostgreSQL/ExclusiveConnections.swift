import Contracts
import Dispatch
import Synchronization

/// Threads with a connection each, for what needs one to itself. Made as they are needed; who comes when all
/// are busy waits in line, but not for ever.
final class ExclusiveConnections: Sendable {
    private let limits: PostgreSQLConfiguration
    private let purpose: ConnectionPurpose
    private let maximum: Int
    private let reconnecting: Reconnecting
    private let canceller: Canceller
    private let pulse: Pulse
    private let state = Mutex(State())
    /// Told when somebody begins to wait in line.
    private let whenWaiting: @Sendable () -> Void
    /// Counts what waits.
    private let work = DispatchSemaphore(value: 0)

    private struct State {
        var waiting = Queue<Job>()
        var threads = 0
        var idle = 0
        var open = 0
        var longestWait = Duration.zero
        var isClosed = false
    }

    /// - Parameter maximum: How many threads, and connections, there may be.
    init(
        _ limits: PostgreSQLConfiguration, for purpose: ConnectionPurpose, maximum: Int,
        _ reconnecting: Reconnecting,
        _ canceller: Canceller, _ pulse: Pulse, whenWaiting: @escaping @Sendable () -> Void
    ) {
        self.limits = limits
        self.purpose = purpose
        self.maximum = max(1, maximum)
        self.reconnecting = reconnecting
        self.canceller = canceller
        self.pulse = pulse
        self.whenWaiting = whenWaiting
    }

    /// Runs `body` on a thread that may wait for its connection.
    /// - Throws: What `body` throws; `.unavailable` when too many wait, or for too long; `CancellationError`
    ///   at once when the caller is cancelled, whatever the server does.
    func run<Result: Sendable>(_ body: @escaping @Sendable (Session) throws -> Result) async throws -> Result {
        let reply = Reply<Result>()
        let job = Job(isWanted: { !reply.isEnded }, fail: { reply.end(.failure($0)) }) { session in
            reply.end(
                Swift.Result { try body(session) }.mapError { ($0 as? PostgreSQLFailure)?.databaseError ?? $0 })
        }
        return try await reply.value {
            enqueue(job)
        } whenCancelled: {
            job.disturb()
        }
    }

    private func enqueue(_ job: Job) {
        let (isTaken, startsThread, waits) = state.withLock { state -> (Bool, Bool, Bool) in
            guard !state.isClosed, state.waiting.count < limits.maximumWaiting else {
                return (false, false, false)
            }
            state.waiting.append(job)
            guard state.waiting.count > state.idle else { return (true, false, false) }
            guard state.threads < maximum else { return (true, false, state.waiting.count == state.idle + 1) }
            state.threads += 1
            return (true, true, false)
        }
        guard isTaken else { return job.fail(DatabaseError.unavailable("Too many wait for the database.")) }
        work.signal()
        if startsThread { startThread("pg-\(purpose)") { self.serve() } }
        if waits { whenWaiting() }
    }

    private func serve() {
        let wake = WakeSignal()
        let attention = Attention(wake: wake, pulse: pulse)
        let session = Session(limits, for: purpose, reconnecting, canceller, attention) { opened in
            self.state.withLock { $0.open += opened }
        }
        while true {
            state.withLock { $0.idle += 1 }
            work.wait()
            let (job, isClosed) = state.withLock { state -> (Job?, Bool) in
                state.idle -= 1
                let job = state.waiting.popFirst()
                if let job { state.longestWait = max(state.longestWait, .now - job.askedAt) }
                return (job, state.isClosed)
            }
            if let job, job.begin(wake) {
                session.attention = Attention(wake: wake, pulse: pulse, isWanted: job.isWanted)
                job.perform(session)
                job.finish()
            }
            if job == nil, isClosed { return }
        }
    }

    /// Tells those who have waited too long. Called now and then by somebody else's thread: all of these may
    /// be waiting for a server that hangs.
    /// - Returns: Whether anybody still waits.
    func expire() -> Bool {
        let (expired, goesOn) = state.withLock { state -> ([Job], Bool) in
            var expired: [Job] = []
            let oldest = ContinuousClock.now - limits.waitingLimit
            while let job = state.waiting.first, job.askedAt < oldest || !job.isWanted() {
                expired.append(job)
                state.waiting.removeFirst()
            }
            return (expired, !state.waiting.isEmpty)
        }
        for job in expired {
            job.fail(DatabaseError.unavailable("No connection to the database became free in time."))
        }
        return goesOn
    }

    var metrics: PoolMetrics {
        state.withLock { state in
            defer { state.longestWait = .zero }
            return PoolMetrics(
                open: state.open, busy: state.threads - state.idle, waiting: state.waiting.count,
                longestWait: max(state.longestWait, state.waiting.first.map { .now - $0.askedAt } ?? .zero))
        }
    }

    /// Ends the threads once they have done what waits.
    func close() {
        let threads = state.withLock { state in
            state.isClosed = true
            return state.threads
        }
        for _ in 0..<threads { work.signal() }
    }
}

/// Somebody's work, its result type forgotten.
private final class Job: Sendable {
    let askedAt = ContinuousClock.now
    let isWanted: @Sendable () -> Bool
    let fail: @Sendable (any Error) -> Void
    let perform: @Sendable (Session) -> Void
    /// Of the thread that is at it.
    private let wake = Mutex<WakeSignal?>(nil)

    init(
        isWanted: @escaping @Sendable () -> Bool, fail: @escaping @Sendable (any Error) -> Void,
        perform: @escaping @Sendable (Session) -> Void
    ) {
        self.isWanted = isWanted
        self.fail = fail
        self.perform = perform
    }

    /// - Returns: Whether anybody still wants it.
    func begin(_ wake: WakeSignal) -> Bool {
        self.wake.withLock { $0 = wake }
        return isWanted()
    }

    func finish() {
        wake.withLock { $0 = nil }
    }

    /// Has the thread look whether it is still wanted.
    func disturb() {
        wake.withLock { $0 }?.raise()
    }
}
