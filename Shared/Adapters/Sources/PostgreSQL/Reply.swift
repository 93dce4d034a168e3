import Synchronization

/// What somebody waits for. It comes once: a result, a failure, or the end of their patience, whichever is first.
final class Reply<Value: Sendable>: Sendable {
    private enum State {
        case notAwaited
        case awaited(CheckedContinuation<Value, any Error>)
        case ended
    }

    private let state = Mutex(State.notAwaited)

    var isEnded: Bool {
        state.withLock { if case .ended = $0 { true } else { false } }
    }

    /// Calls `start`, then waits. A cancelled caller doesn't wait for the server to agree.
    func value(start: () -> Void, whenCancelled: @Sendable () -> Void) async throws -> Value {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let goesOn = state.withLock { state in
                    guard case .notAwaited = state else { return false }
                    state = .awaited(continuation)
                    return true
                }
                if goesOn { start() } else { continuation.resume(throwing: CancellationError()) }
            }
        } onCancel: {
            end(.failure(CancellationError()))
            whenCancelled()
        }
    }

    /// Whoever comes second says nothing.
    func end(_ result: Result<Value, any Error>) {
        let continuation = state.withLock { state -> CheckedContinuation<Value, any Error>? in
            defer { state = .ended }
            if case .awaited(let continuation) = state { return continuation }
            return nil
        }
        continuation?.resume(with: result)
    }
}
