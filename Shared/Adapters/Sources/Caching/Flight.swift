import Contracts
import Synchronization

/// One computation that many wait for. Who began it carries it out, in its own task.
final class Flight: Sendable {
    private let state = Mutex((outcome: Outcome?.none, waiting: [AsyncStream<Outcome>.Continuation]()))

    enum Outcome: Sendable {
        case value(any Sendable)
        case failure(any Error)
        /// Whoever carried it out was cancelled or ran out of time, which says nothing about the others.
        case abandoned
    }

    /// - Throws: `CancellationError` when who waits is cancelled.
    func wait() async throws -> Outcome {
        let (outcomes, continuation) = AsyncStream.makeStream(of: Outcome.self)
        let outcome = state.withLock { state in
            if state.outcome == nil { state.waiting.append(continuation) }
            return state.outcome
        }
        if let outcome { return outcome }
        for await outcome in outcomes { return outcome }
        throw CancellationError()
    }

    func land(_ outcome: Outcome) {
        let waiting = state.withLock { state in
            defer { state = (outcome, []) }
            return state.waiting
        }
        for continuation in waiting { continuation.yield(outcome) }
    }
}
