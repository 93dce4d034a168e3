import Synchronization

/// Tells whoever waits that there may be something to do. Rings that nobody has answered yet are one.
public final class Doorbell: Sendable {
    private let listeners = Mutex<[AsyncStream<Void>.Continuation]>([])

    public init() {}

    public func ring() {
        for listener in listeners.withLock({ $0 }) {
            listener.yield()
        }
    }

    /// Rings from now on, the first at once: what happened before is to be looked at as well.
    func rings() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        continuation.yield()
        listeners.withLock { $0.append(continuation) }
        return stream
    }
}
