import Contracts
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOWebSocket

/// A connection that speaks HTTP/1.1 and may become a WebSocket with its first request.
struct EdgeChannel: ServerChildChannel, HTTPChannelHandler {
    typealias HTTP = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>
    typealias WebSocket = NIOAsyncChannel<WebSocketFrame, WebSocketFrame>

    let responder: HTTPChannelHandler.Responder
    let verifier: any AccessTokenVerifier
    /// Takes over a connection that became a WebSocket, until it ends.
    let serve: @Sendable (WebSocket, Principal, _ expiry: Instant) async -> Void

    private static let idleTimeout = Duration.seconds(75)
    private static let maximumFrameBytes = 64 << 10

    enum Outcome: Sendable {
        case http(HTTP)
        case webSocket(WebSocket, Principal, expiry: Instant)
    }

    /// What a connection will turn out to be.
    struct Value: ServerChildChannelValue {
        let channel: any Channel
        let outcome: EventLoopFuture<Outcome>
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let admission = Admission()
            let upgrade = NIOTypedHTTPServerUpgradeConfiguration<Outcome>(
                upgraders: [upgrader(admission)],
                notUpgradingCompletionHandler: { channel in
                    channel.eventLoop.makeCompletedFuture { try Self.http(channel, logger) }
                })
            var pipeline = NIOUpgradableHTTPServerPipelineConfiguration(upgradeConfiguration: upgrade)
            // As in Hummingbird's own HTTP/1.1 channel: its channel keeps the order and answers errors.
            pipeline.enablePipelining = false
            pipeline.enableErrorHandling = false
            pipeline.enableResponseHeaderValidation = false
            let operations = channel.pipeline.syncOperations
            let outcome = try operations.configureUpgradableHTTPServerPipeline(configuration: pipeline)
            let machinery = try operations.handler(type: NIOTypedHTTPServerUpgradeHandler<Outcome>.self)
            try operations.addHandler(
                Doorkeeper(verifier: verifier, admission: admission), position: .before(machinery))
            return Value(channel: channel, outcome: outcome)
        }
    }

    func handle(value: Value, logger: Logger) async {
        // Fails when the client goes away before its first request.
        guard let outcome = try? await value.outcome.get() else { return }
        switch outcome {
        case .http(let channel): await handleHTTP(asyncChannel: channel, logger: logger)
        case .webSocket(let channel, let principal, let expiry): await serve(channel, principal, expiry)
        }
    }

    private static func http(_ channel: any Channel, _ logger: Logger) throws -> Outcome {
        try channel.pipeline.syncOperations.addHandlers(
            HTTP1ToHTTPServerCodec(secure: false),
            HTTPConnectionStateHandler(idleTimeout: idleTimeout, logger: logger))
        return .http(
            try NIOAsyncChannel(
                wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
        )
    }

    private func upgrader(_ admission: Admission) -> NIOTypedWebSocketServerUpgrader<Outcome> {
        NIOTypedWebSocketServerUpgrader(
            maxFrameSize: Self.maximumFrameBytes,
            shouldUpgrade: { channel, _ in
                channel.eventLoop.makeSucceededFuture(["Sec-WebSocket-Protocol": Handshake.subprotocol])
            },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    // The doorkeeper lets nobody else come this far.
                    guard let guest = admission.guest else { throw ChannelError.inappropriateOperationForState }
                    return .webSocket(
                        try NIOAsyncChannel(wrappingChannelSynchronously: channel), guest.principal,
                        expiry: guest.expiry)
                }
            })
    }
}
