import Contracts
import HTTPTypes
import NIOCore
import NIOHTTP1

/// Looks at the first request of a connection before the upgrade machinery does.
///
/// NIO swallows a request whose upgrade it refuses; so what may not become a WebSocket loses its `Upgrade`
/// header here, and the routes answer it like any other. Also ends a connection on which no request ever
/// comes: it would outlive a shutdown.
final class Doorkeeper: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let verifier: any AccessTokenVerifier
    private let admission: Admission
    private var waiting: [HTTPServerRequestPart] = []
    private var isDeciding = false
    private var timeLimit: Scheduled<Void>?

    private static let firstRequestLimit = TimeAmount.seconds(30)
    /// A request that may become a WebSocket has no body, so hardly anything can wait.
    private static let maximumWaiting = 16

    init(verifier: any AccessTokenVerifier, admission: Admission) {
        self.verifier = verifier
        self.admission = admission
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        timeLimit = context.eventLoop.scheduleTask(in: Self.firstRequestLimit) { channel.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timeLimit?.cancel()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // The server is shutting down, and nothing has been asked yet.
        if event is ChannelShouldQuiesceEvent, !isDeciding { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    /// What isn't HTTP never becomes a request that a route could answer.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let head = HTTPResponseHead(
            version: .http1_1, status: .badRequest, headers: ["content-length": "0", "connection": "close"])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        guard !isDeciding else {
            guard waiting.count < Self.maximumWaiting else { return context.close(promise: nil) }
            return waiting.append(part)
        }
        guard case .head(let head) = part else { return context.fireChannelRead(data) }
        timeLimit?.cancel()
        guard head.headers.contains(name: "upgrade") else {
            context.fireChannelRead(data)
            return stepAside(context)
        }
        guard head.path == Handshake.path, head.method == .GET,
            let handshake = try? Handshake(header: head.list)
        else { return pass(head, isAdmitted: false, context) }
        isDeciding = true
        decide(handshake, head, context)
    }

    private func decide(_ handshake: Handshake, _ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let verified = context.eventLoop.makeFutureWithTask { [verifier] in
            try await verifier.verify(handshake.token)
        }
        // Safe: the future completes on this channel's event loop.
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        // Safe: as above.
        let doorkeeper = NIOLoopBound(self, eventLoop: context.value.eventLoop)
        verified.whenComplete { result in
            if case .success(let (principal, expiry)) = result {
                doorkeeper.value.admission.admit(principal, until: expiry)
            }
            doorkeeper.value.pass(head, isAdmitted: (try? result.get()) != nil, context.value)
        }
    }

    private func pass(_ head: HTTPRequestHead, isAdmitted: Bool, _ context: ChannelHandlerContext) {
        var head = head
        if !isAdmitted { head.headers.remove(name: "upgrade") }
        isDeciding = false
        context.fireChannelRead(wrapInboundOut(.head(head)))
        for part in waiting { context.fireChannelRead(wrapInboundOut(part)) }
        waiting = []
        context.fireChannelReadComplete()
        stepAside(context)
    }

    private func stepAside(_ context: ChannelHandlerContext) {
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
}

/// Who was let in on one connection.
// Safe: written and read only on the channel's event loop.
final class Admission: @unchecked Sendable {
    private(set) var guest: (principal: Principal, expiry: Instant)?

    func admit(_ principal: Principal, until expiry: Instant) {
        guest = (principal, expiry)
    }
}

extension HTTPRequestHead {
    fileprivate var path: Substring { uri.prefix { $0 != "?" } }

    fileprivate func list(_ name: String) -> [String] {
        headers[canonicalForm: name].map(String.init)
    }
}
