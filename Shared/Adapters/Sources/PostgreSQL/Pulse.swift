import Contracts
import Synchronization

/// Whether the server still answers. One that hangs keeps its connections open and says nothing, and so does a
/// healthy one at a long statement. Therefore, once somebody has waited for a while and nothing was heard from
/// the server anywhere, one more connection is opened: while that isn't answered either, the server hangs, and
/// nobody waits for it.
final class Pulse: Sendable {
    private let limits: PostgreSQLConfiguration
    private let state = Mutex(State())

    private struct State {
        var lastHeard = ContinuousClock.now
        /// Since when the server has been asked for one more connection.
        var askingSince: ContinuousClock.Instant?
        var isClosed = false

        func isHung(_ now: ContinuousClock.Instant) -> Bool {
            askingSince.map { now - max($0, lastHeard) > Pulse.patience } ?? false
        }
    }

    /// So much silence is worth a question, and so much after the question is no answer.
    private static let patience = Duration.seconds(1)
    /// Whoever waits for the server looks here so often.
    static let lookEvery = Duration.milliseconds(100)

    init(_ configuration: PostgreSQLConfiguration) {
        var limits = configuration
        // An attempt that is given up too soon can't tell.
        limits.connectLimit = max(limits.connectLimit, Self.patience * 2)
        self.limits = limits
    }

    /// Notes that the server said something.
    func heard(at now: ContinuousClock.Instant) {
        state.withLock { $0.lastHeard = max($0.lastHeard, now) }
    }

    func isHung(_ now: ContinuousClock.Instant) -> Bool {
        state.withLock { $0.isHung(now) }
    }

    /// For who waits for the server: has it asked when it is time to.
    /// - Throws: ``PostgreSQLFailure/serverHangs``.
    func check(waitingSince start: ContinuousClock.Instant, _ now: ContinuousClock.Instant)
        throws(PostgreSQLFailure)
    {
        let (isHung, asks) = state.withLock { state -> (Bool, Bool) in
            let isSilent = now - max(start, state.lastHeard) > Self.patience
            guard isSilent, state.askingSince == nil, !state.isClosed else { return (state.isHung(now), false) }
            state.askingSince = now
            return (false, true)
        }
        if asks { startThread("pg-pulse") { while !self.ask() {} } }
        if isHung { throw .serverHangs }
    }

    /// Opens one more connection, for as long as that may take.
    /// - Returns: Whether the server was heard meanwhile, or nobody wants to know any more.
    private func ask() -> Bool {
        var isAnswered = true
        do {
            _ = try Connection(limits, for: .shared, attention: Attention(wake: WakeSignal()))
        } catch {
            // Who refuses, answers.
            isAnswered = (error as? PostgreSQLFailure)?.isTimeout != true
        }
        return state.withLock { state in
            if isAnswered { state.lastHeard = .now }
            let isOver = state.isClosed || state.askingSince.map { state.lastHeard >= $0 } != false
            if isOver { state.askingSince = nil }
            return isOver
        }
    }

    /// Nobody waits any more.
    func close() {
        state.withLock { $0.isClosed = true }
    }
}
