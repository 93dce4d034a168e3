import Contracts
import Logging
import Synchronization

/// The bus within one process: a message is handed over as it is, without encoding, in the caller's task.
///
/// So a caller's cancellation and back-pressure need no machinery here: producing an element *is* calling
/// the consumer.
public final class InProcessBus: Bus {
    private let tables = Mutex<[HandlerTable]>([])
    private let handlers = Mutex(Handlers())
    private let logger: Logger

    private struct Handlers {
        var requests: [String: any RequestEntry] = [:]
        var streams: [String: any StreamEntry] = [:]
        var listeners: [String: [any ListenerEntry]] = [:]
    }

    /// How long one reaction to an event may take.
    private static let reactionTimeout = Duration.seconds(30)

    public init(logger: Logger) {
        self.logger = logger
    }

    /// Puts a service on the bus. Services need the bus before they can fill their table, so this comes
    /// after their creation and before the first message.
    public func attach(_ table: HandlerTable) {
        tables.withLock { $0.append(table) }
        handlers.withLock { handlers in
            handlers.requests.merge(table.requests) { _, new in new }
            handlers.streams.merge(table.streams) { _, new in new }
            for (name, listener) in table.listeners {
                handlers.listeners[name, default: []].append(listener)
            }
        }
    }

    public func call<R: Request>(_ request: R, _ context: MessageContext) async throws -> R.Response {
        guard let handler = handlers.withLock({ $0.requests[R.name] }) as? RequestHandler<R> else {
            throw ServiceError.unknownMessage(R.name)
        }
        do {
            return try await Deadline.enforce(context.deadline) {
                try await handler.run(request, context)
            }
        } catch {
            throw translated(error, during: R.name, context)
        }
    }

    public func stream<S: Stream>(
        _ request: S, _ context: MessageContext, each: @escaping @Sendable (S.Element) async throws -> Void
    ) async throws {
        guard let producer = handlers.withLock({ $0.streams[S.name] }) as? StreamProducer<S> else {
            throw ServiceError.unknownMessage(S.name)
        }
        do {
            try await Deadline.enforce(context.deadline) {
                let consumer = Consumer(each)
                do {
                    try await producer.run(request, context) { try await consumer.take($0) }
                } catch {
                    throw consumer.failure ?? error
                }
                if let failure = consumer.failure { throw failure }
            }
        } catch let failure as ConsumerFailure {
            throw failure.cause
        } catch {
            throw translated(error, during: S.name, context)
        }
    }

    public func signal<S: Signal>(_ signal: S, _ context: MessageContext) {
        for listener in handlers.withLock({ $0.listeners[S.name] }) ?? [] {
            (listener as? SignalListener<S>)?.run(signal, context)
        }
    }

    public func subscriptions(of service: ServiceName) async throws -> Set<String> {
        Set(table(of: service)?.reactions.keys.map { $0 } ?? [])
    }

    public func deliver(_ events: [EventEnvelope], to service: ServiceName) async throws -> DeliveryReport {
        guard let table = table(of: service) else { return DeliveryReport(delivered: events.count) }
        return await table.deliver(events, timeout: Self.reactionTimeout, logger: logger)
    }

    private func table(of service: ServiceName) -> HandlerTable? {
        tables.withLock { $0.first { $0.service == service } }
    }

    private func translated(_ error: any Error, during message: String, _ context: MessageContext)
        -> ServiceError
    {
        let translated = ServiceError(describing: error)
        if translated.kind == .internal {
            logger.logInternal(error, during: message, context)
        }
        return translated
    }
}

/// The consumer's own error, which comes back to it as it is, whatever the producer makes of it.
private struct ConsumerFailure: Error {
    let cause: any Error
}

/// Hands elements to a consumer until it has had enough.
private final class Consumer<Element: Sendable>: Sendable {
    private let each: @Sendable (Element) async throws -> Void
    private let state = Mutex<ConsumerFailure?>(nil)

    init(_ each: @escaping @Sendable (Element) async throws -> Void) {
        self.each = each
    }

    var failure: ConsumerFailure? { state.withLock { $0 } }

    /// - Throws: `CancellationError` when the consumer stopped: over a network a producer learns no more.
    func take(_ element: Element) async throws {
        guard failure == nil else { throw CancellationError() }
        do {
            try await each(element)
        } catch {
            state.withLock { $0 = ConsumerFailure(cause: error) }
            throw CancellationError()
        }
    }
}
