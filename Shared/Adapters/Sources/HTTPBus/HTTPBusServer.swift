import Contracts
import Crypto
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOFoundationCompat
import ServiceLifecycle

/// The receiving end of the HTTP bus: one service's handlers at `POST /bus/{message}`.
///
/// Only who knows the shared secret is heard. A caller that hangs up cancels its handler.
public struct HTTPBusServer: Service {
    private let table: HandlerTable
    private let key: SymmetricKey
    private let now: @Sendable () -> Instant
    private let host: String
    private let port: Int
    private let onRunning: @Sendable (_ port: Int) async -> Void
    private let logger: Logger
    private let hangUps = HangUps()

    private static let reactionTimeout = Duration.seconds(30)
    /// A caller whose machine died never says so. Longer than a caller keeps an idle connection.
    private static let idleTimeout = Duration.seconds(90)

    /// - Parameters:
    ///   - port: 0 for any free one, which `onRunning` is told.
    public init(
        table: HandlerTable, secret: String, host: String, port: Int, now: @escaping @Sendable () -> Instant,
        logger: Logger, onRunning: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) {
        self.table = table
        self.key = SymmetricKey(data: Data(secret.utf8))
        self.now = now
        self.host = host
        self.port = port
        self.onRunning = onRunning
        self.logger = logger
    }

    public func run() async throws {
        let application = Application(
            router: router(),
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [hangUps.watch()], idleTimeout: TimeAmount(Self.idleTimeout))),
            configuration: .init(address: .hostname(host, port: port)),
            onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? port) },
            logger: logger
        )
        try await application.run()
    }

    private func router() -> Router<BusRequestContext> {
        let router = Router(context: BusRequestContext.self)
        router.get("healthz") { _, _ in HTTPResponse.Status.ok }
        router.post("bus/:message") { request, context in
            let name = try context.parameters.require("message")
            return try await answer(request, context, to: name) { body, messageContext in
                try await dispatch(name, body, messageContext, on: context.channel)
            }
        }
        router.post(RouterPath(WireFormat.subscriptions)) { request, context in
            try await answer(request, context, to: WireFormat.subscriptions) { _, _ in
                json(try JSONEncoder().encode(table.reactions.keys.sorted()))
            }
        }
        router.post(RouterPath(WireFormat.deliveries)) { request, context in
            try await answer(request, context, to: WireFormat.deliveries) { body, _ in
                let events = try decode([EventEnvelope].self, from: body)
                // A relay that hangs up delivers again: the same event shouldn't be under way twice.
                let report = try await hangUps.cancelling(on: context.channel) {
                    await table.deliver(events, timeout: Self.reactionTimeout, logger: logger)
                }
                return json(try JSONEncoder().encode(report))
            }
        }
        router.post(RouterPath(WireFormat.signals)) { request, context in
            try await answer(request, context, to: WireFormat.signals) { body, _ in
                for signal in try decode([WireSignal].self, from: body) {
                    let context = MessageContext(principal: signal.principal, requestID: signal.requestID)
                    // Lost without harm, and without harm to those that came with it.
                    try? table.listeners[signal.name]?.run(json: Data(signal.payload.utf8), context)
                }
                return json(Data("{}".utf8))
            }
        }
        return router
    }

    private func dispatch(
        _ name: String, _ body: Data, _ context: MessageContext, on channel: any Channel
    ) async throws -> Response {
        if let request = table.requests[name] {
            return json(
                try await hangUps.cancelling(on: channel, after: context.deadline) {
                    try await request.run(json: body, context)
                })
        }
        if let stream = table.streams[name] {
            let response = StreamResponse { send in
                // Somebody may follow a conversation for hours, which a server that ends can't wait for.
                try await cancelWhenGracefulShutdown {
                    try await hangUps.cancelling(on: channel, after: context.deadline) {
                        try await stream.run(json: body, context, send: send)
                    }
                }
            } translate: { error in
                Task.isShuttingDownGracefully ? .serviceStopping : translated(error, during: name, context)
            }
            return Response(
                status: .ok, headers: [.contentType: "application/x-ndjson"], body: response.body())
        }
        throw ServiceError.unknownMessage(name)
    }

    private func translated(_ error: any Error, during message: String, _ context: MessageContext)
        -> ServiceError
    {
        let translated = ServiceError(describing: error)
        if translated.kind == .internal { logger.logInternal(error, during: message, context) }
        return translated
    }

    /// Checks who calls, reads the body, and turns whatever goes wrong into an answer.
    private func answer(
        _ request: Hummingbird.Request, _ context: BusRequestContext, to message: String,
        _ body: (Data, MessageContext) async throws -> Response
    ) async throws -> Response {
        do {
            let (messageContext, bodyDigest) = try SignedContext.verify(
                request.headers[.authorization], for: message, key: key, now: now())
            do {
                let data = try await collect(request)
                guard SignedContext.digest(of: data) == bodyDigest else { throw SignedContext.untrusted }
                return try await body(data, messageContext)
            } catch {
                throw translated(error, during: message, messageContext)
            }
        } catch let error as ServiceError {
            return Response(
                status: error.kind.httpStatus, headers: [.contentType: "application/json"],
                body: .init(byteBuffer: ByteBuffer(data: try JSONEncoder().encode(error))))
        }
    }

    private func collect(_ request: Hummingbird.Request) async throws -> Data {
        do {
            return Data(buffer: try await request.body.collect(upTo: WireFormat.maximumBodyBytes))
        } catch is NIOTooManyBytesError {
            throw ServiceError.messageTooLarge
        }
    }

    private func decode<Value: Decodable>(_: Value.Type, from body: Data) throws -> Value {
        do {
            return try JSONDecoder().decode(Value.self, from: body)
        } catch {
            throw ServiceError(.malformed, code: "bus.malformed_message", "Unreadable: \(error)")
        }
    }

    private func json(_ body: Data) -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(data: body)))
    }
}

extension ServiceError {
    fileprivate static let serviceStopping = ServiceError(
        .unavailable, code: "bus.service_stopping", "The service is shutting down. Connect again.",
        retryAfterSeconds: 1
    )
}

/// Each request knows its connection.
struct BusRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}
