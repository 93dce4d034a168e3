import CPostgreSQL
import Contracts
import Synchronization

/// A few connections that any number of single statements share: what waits is sent together, without
/// waiting for answers, by one thread that sleeps in epoll (see ``SharedConnectionsThread``). Here is what
/// others see of it.
final class SharedConnections: Sendable {
    let wake = WakeSignal()
    private let limits: PostgreSQLConfiguration
    private let state = Mutex(State())

    private struct State {
        var brought = Brought()
        var metrics = PoolMetrics(open: 0, busy: 0, waiting: 0, longestWait: .zero)
        var isAwake = false
        var work: (@Sendable () -> Void)?
    }

    /// What others have brought for the thread.
    struct Brought {
        var queries: [SharedQuery] = []
        var opened: [Result<Connection, PostgreSQLFailure>] = []
        /// Somebody waits elsewhere whose time is to be watched.
        var isDisturbed = false
        var isClosed = false
    }

    init(_ limits: PostgreSQLConfiguration) {
        self.limits = limits
    }

    /// Says what the thread does; it starts when there is something to do.
    func whenNeeded(_ work: @escaping @Sendable () -> Void) {
        state.withLock { $0.work = work }
    }

    /// - Throws: `DatabaseError`; `.unavailable` when too many wait, or for too long; `CancellationError` at
    ///   once when the caller is cancelled, whatever the server does.
    func query(_ statement: SQL) async throws -> [SQLRow] {
        try statement.checkText()
        let query = SharedQuery(statement)
        return try await query.reply.value {
            let isTaken = bring { brought, waiting in
                guard !brought.isClosed, brought.queries.count + waiting < limits.maximumWaiting else {
                    return false
                }
                brought.queries.append(query)
                return true
            }
            if !isTaken {
                query.reply.end(.failure(DatabaseError.unavailable("Too many wait for the database.")))
            }
        } whenCancelled: {
            // The thread finds out when it comes to it.
        }
    }

    /// A connection that another thread has opened, or why there is none.
    func bring(_ opened: Result<Connection, PostgreSQLFailure>) {
        bring { brought, _ in
            brought.opened.append(opened)
            return true
        }
    }

    /// Has the thread look around.
    func disturb() {
        bring { brought, _ in
            brought.isDisturbed = true
            return true
        }
    }

    func close() {
        bring { brought, _ in
            brought.isClosed = true
            return true
        }
    }

    /// - Parameter change: Gets how many wait already; returns whether there is something to do.
    @discardableResult
    private func bring(_ change: (inout Brought, Int) -> Bool) -> Bool {
        let (isTaken, wakes, work) = state.withLock { state -> (Bool, Bool, (@Sendable () -> Void)?) in
            guard change(&state.brought, state.metrics.waiting) else { return (false, false, nil) }
            defer { (state.isAwake, state.work) = (true, nil) }
            return (true, !state.isAwake, state.work)
        }
        if wakes { wake.raise() }
        if let work { startThread("pg-shared", work) }
        return isTaken
    }

    // MARK: - The thread's side

    /// - Parameter last: What was taken the last time, done with; it gets what has come since.
    func take(_ last: inout Brought, _ metrics: PoolMetrics) {
        last.queries.removeAll(keepingCapacity: true)
        last.opened.removeAll()
        last.isDisturbed = false
        state.withLock { state in
            last.isClosed = state.brought.isClosed
            swap(&state.brought, &last)
            state.metrics = metrics.with(longestWait: max(metrics.longestWait, state.metrics.longestWait))
        }
    }

    /// - Returns: Whether there is nothing to do until somebody wakes the thread.
    func mayRest() -> Bool {
        state.withLock { state in
            let brought = state.brought
            state.isAwake = !(brought.queries.isEmpty && brought.opened.isEmpty && !brought.isDisturbed)
            return !state.isAwake
        }
    }

    var metrics: PoolMetrics {
        state.withLock { state in
            defer { state.metrics = state.metrics.with(longestWait: .zero) }
            return state.metrics
        }
    }
}

/// A statement on its way.
// Safe: what changes is touched only on the thread of the shared connections.
final class SharedQuery: @unchecked Sendable {
    let statement: SQL
    let reply = Reply<[SQLRow]>()
    let askedAt = ContinuousClock.now
    var timesSent = 0
    var isStopping = false

    init(_ statement: SQL) {
        self.statement = statement
    }

    var mayBeSentAgain: Bool { timesSent < 3 && !reply.isEnded }
}

extension PoolMetrics {
    fileprivate func with(longestWait: Duration) -> PoolMetrics {
        PoolMetrics(open: open, busy: busy, waiting: waiting, longestWait: longestWait)
    }
}
