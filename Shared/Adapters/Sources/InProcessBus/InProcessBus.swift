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
                try await producer.run(request, context) { element in
                    do {
                        try await each(element)
                    } catch {
                        // The consumer's own error comes back to it as it is.
                        throw ConsumerError(cause: error)
                    }
                }
            }
        } catch let error as ConsumerError {
            throw error.cause
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

    private func translated(_ error: any Error, during message: String, _ context: MessageContext) -> ServiceError {
        let translated = ServiceError(describing: error)
        if translated.kind == .internal {
            logger.logInternal(error, during: message, context)
        }
        return translated
    }
}

private struct ConsumerError: Error {
    let cause: any Error
}
