import Contracts
import FoundationEssentials
import Logging
import NIOCore
import NIOFoundationCompat
import NIOWebSocket
import ServiceLifecycle
import Synchronization

/// One client's WebSocket: the conversations it follows, and its pulse.
///
/// Nothing is queued here. A feed's next item is fetched when the last was written, so a slow client slows
/// only its own feeds, and one that has stopped reading is dropped when its pulse stops.
struct LiveConnection: Sendable {
    let channel: EdgeChannel.WebSocket
    let principal: Principal
    let expiry: Instant
    let bus: any Bus
    let now: @Sendable () -> Instant
    let makeUUID: @Sendable () -> UUID
    let logger: Logger

    private static let pulse = Duration.seconds(25)
    /// Without a sign of life for so long the client is gone.
    private static let silence = Duration.seconds(60)
    private static let queryLimit = Duration.seconds(15)
    /// How long a client may take to answer a close.
    private static let closeLimit = Duration.seconds(2)

    func run() async {
        do {
            try await channel.executeThenClose { inbound, outbound in
                let writer = FrameWriter(outbound: outbound)
                let subscriptions = Subscriptions(writer: writer, connection: self)
                let lastHeard = LastHeard()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await read(inbound, writer, subscriptions, lastHeard) }
                    group.addTask { await subscriptions.run() }
                    group.addTask { try await keepPulse(writer, lastHeard) }
                    group.addTask { try await closeAtExpiry(writer) }
                    group.addTask { try await closeAtShutdown(writer) }
                    // Whichever ends first ends the connection.
                    defer { group.cancelAll() }
                    try await group.next()
                }
            }
        } catch {
            logger.debug("WebSocket ended", metadata: ["error.message": "\(error)"])
        }
    }

    private func read(
        _ inbound: NIOAsyncChannelInboundStream<WebSocketFrame>, _ writer: FrameWriter,
        _ subscriptions: Subscriptions, _ lastHeard: LastHeard
    ) async throws {
        var messages = MessageAssembler()
        for try await frame in inbound {
            lastHeard.touch()
            switch frame.opcode {
            case .ping: try await writer.write(.pong, frame.unmaskedData)
            case .pong: break
            case .connectionClose: return try await writer.write(.connectionClose, frame.unmaskedData)
            default:
                switch messages.append(frame) {
                case .incomplete: break
                case .message(let text): try await answer(text, writer, subscriptions)
                case .refused(let code): return try await writer.close(code)
                }
            }
        }
    }

    private func answer(_ json: Data, _ writer: FrameWriter, _ subscriptions: Subscriptions) async throws {
        do {
            switch try ClientFrame(json: json) {
            case .resume(let conversation, let sequence): try subscriptions.begin(conversation, after: sequence)
            case .subscribe(let conversation):
                let details = try await bus.ask(
                    ConversationDetails(id: conversation), context().withTimeout(Self.queryLimit))
                try subscriptions.begin(conversation, after: details.lastSequence)
            case .unsubscribe(let conversation): subscriptions.end(conversation)
            case .typing(let conversation, let active):
                // Following it was allowed, so showing that one writes is.
                guard subscriptions.contains(conversation) else { break }
                bus.signal(Typing(conversationID: conversation, active: active), context())
            case .ping: try await writer.send(ServerFrame("pong", Done()).json())
            }
        } catch let error as ServiceError {
            try await writer.send(error: error, requestID: context().requestID)
        }
    }

    func context() -> MessageContext {
        MessageContext(principal: principal, requestID: makeUUID().uuidString.lowercased())
    }

    // MARK: - The ways it ends

    private func keepPulse(_ writer: FrameWriter, _ lastHeard: LastHeard) async throws {
        while true {
            try await ContinuousClock().sleep(for: Self.pulse)
            guard lastHeard.age < Self.silence else { return forceClose() }
            // A client that doesn't read blocks this write; the close comes from the other side then.
            try await withTimeLimit(Self.pulse) { try await writer.write(.ping, ByteBuffer()) }
        }
    }

    private func closeAtExpiry(_ writer: FrameWriter) async throws {
        let left = Duration.microseconds(expiry.microsecondsSinceEpoch - now().microsecondsSinceEpoch)
        try await ContinuousClock().sleep(for: max(left, .zero))
        try await bidFarewell(writer, .tokenExpired)
    }

    private func closeAtShutdown(_ writer: FrameWriter) async throws {
        try await gracefulShutdown()
        try await bidFarewell(writer, .goingAway)
    }

    /// Says goodbye and waits for the answer, but not for ever.
    private func bidFarewell(_ writer: FrameWriter, _ code: WebSocketErrorCode) async throws {
        try await withTimeLimit(Self.closeLimit) {
            try await writer.close(code)
            // A future doesn't hear of cancellation; without this a client that answers the close and then
            // keeps its end open would hold up the whole connection's end.
            try await withTaskCancellationHandler {
                try await channel.channel.closeFuture.get()
            } onCancel: {
                forceClose()
            }
        }
    }

    /// Runs `body`, and closes the connection when it takes longer.
    private func withTimeLimit(_ limit: Duration, _ body: @escaping @Sendable () async throws -> Void)
        async throws
    {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await ContinuousClock().sleep(for: limit)
                forceClose()
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func forceClose() {
        channel.channel.close(promise: nil)
    }
}

extension WebSocketErrorCode {
    /// Of the range for private use (RFC 6455, section 7.4.2): get a new token and come back.
    static let tokenExpired = WebSocketErrorCode(codeNumber: 4401)
}

/// When the client last gave a sign of life.
private final class LastHeard: Sendable {
    private let instant = Mutex(ContinuousClock.now)

    var age: Duration { instant.withLock { $0.duration(to: .now) } }

    func touch() {
        instant.withLock { $0 = .now }
    }
}
