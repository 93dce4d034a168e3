import Contracts
import Synchronization

/// Where one caller waits for its answers. Answer, failure and cancellation may come at the same moment: the
/// first counts.
final class RedisReply: Sendable {
    typealias Continuation = CheckedContinuation<[RESPValue], any Error>
    private let state = Mutex(State.new)

    private enum State {
        case new
        case waiting(Continuation)
        case over
    }

    /// Sends with `send`, and waits.
    func wait(sending send: () throws -> Void) async throws -> [RESPValue] {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isOver = state.withLock { state in
                    if case .over = state { return true }
                    state = .waiting(continuation)
                    return false
                }
                if isOver { return continuation.resume(throwing: CancellationError()) }
                do {
                    try send()
                } catch {
                    resume(with: .failure(error))
                }
            }
        } onCancel: {
            resume(with: .failure(CancellationError()))
        }
    }

    func resume(with result: Result<[RESPValue], any Error>) {
        let continuation = state.withLock { state -> Continuation? in
            defer { state = .over }
            guard case .waiting(let continuation) = state else { return nil }
            return continuation
        }
        continuation?.resume(with: result)
    }
}

extension ServiceError {
    static let redisUnavailable = ServiceError(
        .unavailable, code: "redis.unavailable",
        "Redis can't be reached just now. Try again in a moment.", retryAfterSeconds: 1)

    static let redisOverloaded = ServiceError(
        .unavailable, code: "redis.overloaded",
        "Too much waits for Redis just now. Try again in a moment.", retryAfterSeconds: 1)
}
