import Contracts
import NIOCore
import Synchronization

/// Who has hung up: cancels what is being done for a caller whose connection closes.
final class HangUps: Sendable {
    private let calls = Mutex<[ObjectIdentifier: Call]>([:])

    /// A handler for one new connection.
    func watch() -> any RemovableChannelHandler {
        Watcher(hangUps: self)
    }

    /// Runs `operation`, cancelled when the caller on `channel` hangs up or its deadline passes. HTTP/1.1 has
    /// one request at a time on a connection, so one place per connection is enough.
    func cancelling<Value: Sendable>(
        on channel: any Channel, after deadline: Deadline? = nil,
        _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        guard let call = calls.withLock({ $0[ObjectIdentifier(channel)] }) else { throw CancellationError() }
        defer { call.end() }
        return try await Deadline.enforce(deadline, cancellable: call.begin, operation)
    }

    fileprivate func connected(_ channel: any Channel) {
        calls.withLock { $0[ObjectIdentifier(channel)] = Call() }
    }

    fileprivate func hungUp(_ channel: any Channel) {
        calls.withLock { $0[ObjectIdentifier(channel)] }?.hangUp()
    }

    fileprivate func disconnected(_ channel: any Channel) {
        calls.withLock { $0.removeValue(forKey: ObjectIdentifier(channel)) }?.hangUp()
    }
}

/// What is being done on one connection.
private final class Call: Sendable {
    private let state = Mutex(State())

    private struct State {
        var cancel: (@Sendable () -> Void)?
        var isHungUp = false
    }

    func begin(cancel: @escaping @Sendable () -> Void) {
        let isHungUp = state.withLock { state in
            state.cancel = cancel
            return state.isHungUp
        }
        if isHungUp { cancel() }
    }

    func end() {
        state.withLock { $0.cancel = nil }
    }

    func hangUp() {
        let cancel = state.withLock { state in
            state.isHungUp = true
            return state.cancel
        }
        cancel?()
    }
}

private final class Watcher: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Any

    private let hangUps: HangUps

    init(hangUps: HangUps) {
        self.hangUps = hangUps
    }

    func handlerAdded(context: ChannelHandlerContext) {
        hangUps.connected(context.channel)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // The server allows half-closed connections, so a caller's close shows first as the end of input.
        if case .some(.inputClosed) = event as? ChannelEvent { hangUps.hungUp(context.channel) }
        context.fireUserInboundEventTriggered(event)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        hangUps.disconnected(context.channel)
    }
}
