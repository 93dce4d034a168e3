import CPostgreSQL
import Synchronization

/// Asks the server to stop statements, on a thread of its own: libpq waits until the server has taken the
/// request, which one that hangs never does.
final class Canceller: Sendable {
    private let state = Mutex((waiting: [Request](), isRunning: false))

    /// Past this a statement is left to the server's own limit.
    private static let maximumWaiting = 64

    /// A request that was made.
    // Safe: `cancel` is used once, by the thread; the flag is atomic.
    final class Request: @unchecked Sendable {
        private let cancel: OpaquePointer?
        private let whenDone: @Sendable () -> Void
        private let done = Atomic(false)

        /// Whether the server has been told, or couldn't be.
        var isDone: Bool { done.load(ordering: .acquiring) }

        fileprivate init(_ handle: OpaquePointer, whenDone: @escaping @Sendable () -> Void) {
            cancel = PQgetCancel(handle)
            self.whenDone = whenDone
        }

        fileprivate func perform() {
            var message = [CChar](repeating: 0, count: 256)
            if let cancel { _ = PQcancel(cancel, &message, Int32(message.count)) }
            finish()
        }

        fileprivate func finish() {
            done.store(true, ordering: .releasing)
            whenDone()
        }

        deinit {
            PQfreeCancel(cancel)
        }
    }

    /// Has whatever the connection is running stopped. Called on the connection's thread.
    func stop(_ handle: OpaquePointer, whenDone: @escaping @Sendable () -> Void) -> Request {
        let request = Request(handle, whenDone: whenDone)
        let (isTaken, starts) = state.withLock { state -> (Bool, Bool) in
            guard state.waiting.count < Self.maximumWaiting else { return (false, false) }
            state.waiting.append(request)
            defer { state.isRunning = true }
            return (true, !state.isRunning)
        }
        if !isTaken { request.finish() }
        if starts { startThread("pg-cancel") { self.work() } }
        return request
    }

    private func work() {
        while true {
            let requests = state.withLock { state in
                defer { state.waiting = [] }
                state.isRunning = !state.waiting.isEmpty
                return state.waiting
            }
            if requests.isEmpty { return }
            requests.forEach { $0.perform() }
        }
    }
}
