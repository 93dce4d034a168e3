import AsyncHTTPClient
import Contracts
import Crypto
import FoundationEssentials
import Logging
import NIOCore
import NIOFoundationCompat
import NIOHTTP1

/// The bus between processes: each message is posted to the service that owns it.
///
/// HTTP/1.1 with kept-alive connections, which is faster here than HTTP/2 with its one connection a host.
/// Nothing is retried: only the caller knows whether a command may happen twice.
public final class HTTPBus: Bus {
    private let registry: ServiceRegistry
    private let key: SymmetricKey
    private let now: @Sendable () -> Instant
    private let calls: HTTPClient
    private let streams: HTTPClient
    private let signals: SignalQueue
    private let logger: Logger

    /// For a call whose context has no deadline.
    private static let defaultTimeout = Duration.seconds(30)
    /// Delivering a batch of events takes as long as its reactions.
    private static let deliveryTimeout = Duration.seconds(60)

    /// - Parameter secret: Shared by all processes, at least 32 characters.
    public init(
        registry: ServiceRegistry, secret: String, now: @escaping @Sendable () -> Instant, logger: Logger
    ) {
        self.registry = registry
        self.key = SymmetricKey(data: Data(secret.utf8))
        self.now = now
        self.logger = logger
        calls = Self.client(connectionsPerHost: 64)
        // A stream holds its connection for as long as somebody follows a conversation.
        streams = Self.client(connectionsPerHost: 8192, silence: WireFormat.heartbeatInterval * 3)
        signals = SignalQueue()
    }

    private static func client(connectionsPerHost: Int, silence: Duration? = nil) -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        configuration.httpVersion = .http1Only
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(2)
        configuration.timeout.read = silence.map { .init($0) }
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connectionsPerHost
        // Shorter than the server's, so that no request meets a connection that is just being closed.
        configuration.connectionPool.idleTimeout = .seconds(45)
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Sends signals until cancelled, then closes the connections.
    public func run() async throws {
        await signals.drain { batch, service in
            do {
                let context = MessageContext(principal: .anonymous, requestID: WireFormat.signals)
                    .withTimeout(.seconds(5))
                _ = try await self.post(
                    JSONEncoder().encode(batch), to: "/\(WireFormat.signals)", of: service,
                    message: WireFormat.signals, context)
            } catch {
                self.logger.debug(
                    "Signals lost",
                    metadata: ["frontdesk.service": "\(service)", "error.message": "\(error)"])
            }
        }
        try await calls.shutdown()
        try await streams.shutdown()
    }

    public func call<R: Request>(_ request: R, _ context: MessageContext) async throws -> R.Response {
        var context = context
        context.deadline = context.deadline ?? Deadline(in: Self.defaultTimeout)
        let body = try await post(
            JSONEncoder().encode(request), to: "/bus/\(R.name)", of: owner(of: R.name), message: R.name, context
        )
        return try decode(R.Response.self, from: body, of: R.name)
    }

    public func stream<S: Contracts.Stream>(
        _ request: S, _ context: MessageContext, each: @escaping @Sendable (S.Element) async throws -> Void
    ) async throws {
        let prepared = try prepare(
            JSONEncoder().encode(request), to: "/bus/\(S.name)", of: owner(of: S.name), message: S.name, context
        )
        try await Deadline.enforce(context.deadline) {
            let response = try await self.reaching(S.name) {
                try await self.streams.execute(prepared, deadline: .distantFuture)
            }
            try await self.checkStatus(of: response)
            var lines = LineBuffer(maximumLineBytes: WireFormat.maximumBodyBytes)
            var chunks = response.body.makeAsyncIterator()
            while let chunk = try await self.reaching(S.name, { try await chunks.next() }) {
                try lines.append(chunk)
                while let line = lines.next() {
                    let line = try self.decode(StreamLine<S.Element>.self, from: line, of: S.name)
                    if let error = line.error { throw error }
                    if line.end == true { return }
                    if let element = line.element { try await each(element) }
                }
            }
            throw Self.unreachable(S.name)
        }
    }

    public func signal<S: Signal>(_ signal: S, _ context: MessageContext) {
        guard let service = ServiceName(owning: S.name), let payload = try? JSONEncoder().encode(signal) else {
            return
        }
        signals.enqueue(
            WireSignal(
                name: S.name, principal: context.principal, requestID: context.requestID,
                payload: String(decoding: payload, as: UTF8.self)),
            to: service)
    }

    public func subscriptions(of service: ServiceName) async throws -> Set<String> {
        let context = MessageContext(principal: .service(service), requestID: WireFormat.subscriptions)
            .withTimeout(.seconds(5))
        let body = try await post(
            Data(), to: "/\(WireFormat.subscriptions)", of: service, message: WireFormat.subscriptions, context)
        return try decode(Set<String>.self, from: body, of: WireFormat.subscriptions)
    }

    public func deliver(_ events: [EventEnvelope], to service: ServiceName) async throws -> DeliveryReport {
        let context = MessageContext(
            principal: .service(service), requestID: events.first?.requestID ?? WireFormat.deliveries
        ).withTimeout(Self.deliveryTimeout)
        let body = try await post(
            JSONEncoder().encode(events), to: "/\(WireFormat.deliveries)", of: service,
            message: WireFormat.deliveries, context)
        let report = try decode(DeliveryReport.self, from: body, of: WireFormat.deliveries)
        // The relay finds its place by this number.
        guard (0...events.count).contains(report.delivered),
            report.failure == nil || report.delivered < events.count
        else { throw ServiceError.internal }
        return report
    }
}

// MARK: - One exchange

extension HTTPBus {
    private func owner(of message: String) throws -> ServiceName {
        guard let service = ServiceName(owning: message) else { throw ServiceError.unknownMessage(message) }
        return service
    }

    private func prepare(
        _ body: Data, to path: String, of service: ServiceName, message: String, _ context: MessageContext
    ) throws -> HTTPClientRequest {
        guard body.count <= WireFormat.maximumBodyBytes else { throw ServiceError.messageTooLarge }
        var request = HTTPClientRequest(url: try registry.address(of: service) + path)
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        request.headers.add(
            name: "authorization",
            value: SignedContext(context, for: message, body: body, now: now()).header(key: key))
        request.body = .bytes(ByteBuffer(data: body))
        return request
    }

    private func post(
        _ body: Data, to path: String, of service: ServiceName, message: String, _ context: MessageContext
    ) async throws -> ByteBuffer {
        let deadline = context.deadline ?? Deadline(in: Self.defaultTimeout)
        guard deadline.remaining > .zero else { throw ServiceError.deadlineExceeded }
        let request = try prepare(body, to: path, of: service, message: message, context)
        // The client's own deadline would be a timer for each call, and ends with the head of the response.
        return try await Deadline.enforce(deadline) {
            try await self.reaching(message) {
                let response = try await self.calls.execute(request, deadline: .distantFuture)
                try await self.checkStatus(of: response)
                return try await response.body.collect(upTo: WireFormat.maximumBodyBytes)
            }
        }
    }

    /// Turns what the network does into what a caller can act on.
    private func reaching<Value>(_ message: String, _ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as ServiceError {
            throw error
        } catch  where Task.isCancelled || error is CancellationError {
            throw ServiceError.cancelled
        } catch let error as HTTPClientError where error == .deadlineExceeded {
            throw ServiceError.deadlineExceeded
        } catch is NIOTooManyBytesError {
            throw ServiceError.messageTooLarge
        } catch {
            logger.debug(
                "Service unreachable",
                metadata: ["frontdesk.message": "\(message)", "error.message": "\(error)"])
            throw Self.unreachable(message)
        }
    }

    private func checkStatus(of response: HTTPClientResponse) async throws {
        guard response.status != .ok else { return }
        let body = try await response.body.collect(upTo: 64 << 10)
        guard let error = try? JSONDecoder().decode(ServiceError.self, from: body) else {
            throw ServiceError(
                .unavailable, code: "bus.unexpected_answer",
                "Something that isn't a Frontdesk service answered with status \(response.status.code)."
            )
        }
        guard error.code == SignedContext.untrusted.code else { throw error }
        // Between us and that service; the caller's own sign-in has nothing to do with it.
        logger.error("Service refused us", metadata: ["error.message": "\(error.message)"])
        throw ServiceError(.unavailable, code: error.code, error.message, retryAfterSeconds: 5)
    }

    private func decode<Value: Decodable>(_: Value.Type, from body: ByteBuffer, of message: String) throws
        -> Value
    {
        do {
            return try JSONDecoder().decode(Value.self, from: body)
        } catch {
            logger.error(
                "Unreadable answer",
                metadata: ["frontdesk.message": "\(message)", "error.message": "\(error)"])
            throw ServiceError.internal
        }
    }

    private static func unreachable(_ message: String) -> ServiceError {
        ServiceError(
            .unavailable, code: "bus.service_unreachable",
            "The service behind \(message) can't be reached just now. Try again in a moment.",
            retryAfterSeconds: 1
        )
    }
}

extension ServiceError {
    static let messageTooLarge = ServiceError(
        .tooLarge, code: "bus.message_too_large",
        "A message between services may have at most \(WireFormat.maximumBodyBytes >> 20) MiB. Send it in parts."
    )
}
