import FoundationEssentials

/// What one service answers to: its table of contents, filled by the module's `register(on:)`.
///
/// A transport takes the table and looks handlers up by type (in process) or by name (over the wire).
public struct HandlerTable: Sendable {
    public let service: ServiceName
    public private(set) var requests: [String: any RequestEntry] = [:]
    public private(set) var streams: [String: any StreamEntry] = [:]
    public private(set) var reactions: [String: Reaction] = [:]
    public private(set) var listeners: [String: any ListenerEntry] = [:]

    public init(service: ServiceName) {
        self.service = service
    }

    /// Registers the one handler of a command or query.
    public mutating func handle<R: Request>(
        _: R.Type, with handler: @escaping @Sendable (R, MessageContext) async throws -> R.Response
    ) {
        checkOwner(of: R.name, isNew: requests[R.name] == nil)
        requests[R.name] = RequestHandler<R>(run: handler)
    }

    /// Registers the one producer of a stream. It hands each element to the closure it is given, which
    /// returns when the consumer is ready for the next; it ends by returning.
    public mutating func produce<S: Stream>(
        _: S.Type,
        with producer:
            @escaping @Sendable (
                S, MessageContext, _ send: @escaping @Sendable (S.Element) async throws -> Void
            ) async throws -> Void
    ) {
        checkOwner(of: S.name, isNew: streams[S.name] == nil)
        streams[S.name] = StreamProducer<S>(run: producer)
    }

    /// Registers this service's reaction to an event. It may be called more than once with one event:
    /// ``UnitOfWork/react(to:_:_:)`` makes the effect happen once.
    public mutating func react<E: Event>(
        to _: E.Type, with reaction: @escaping @Sendable (E, EventEnvelope, MessageContext) async throws -> Void
    ) {
        precondition(reactions[E.name] == nil, "\(service) reacts twice to \(E.name)")
        reactions[E.name] = { envelope, context in
            try await reaction(envelope.decode(E.self), envelope, context)
        }
    }

    /// Listens to a signal of this service's. The closure must not block: signals are dropped, never queued.
    public mutating func listen<S: Signal>(
        to _: S.Type, with listener: @escaping @Sendable (S, MessageContext) -> Void
    ) {
        checkOwner(of: S.name, isNew: listeners[S.name] == nil)
        listeners[S.name] = SignalListener<S>(run: listener)
    }

    public typealias Reaction = @Sendable (EventEnvelope, MessageContext) async throws -> Void

    // A wrong table is a mistake in the program, found by the first start and every test.
    private func checkOwner(of name: String, isNew: Bool) {
        precondition(ServiceName(owning: name) == service, "\(name) doesn't belong to \(service)")
        precondition(isNew, "\(name) is registered twice")
    }
}

/// A request's handler, its type forgotten: for transports that know only a name and some JSON.
public protocol RequestEntry: Sendable {
    /// - Throws: `.malformed` when `body` isn't the request in JSON, else the handler's error.
    func run(json body: Data, _ context: MessageContext) async throws -> Data
}

/// A request's handler, typed: what the in-process transport calls.
public final class RequestHandler<R: Request>: RequestEntry {
    public let run: @Sendable (R, MessageContext) async throws -> R.Response

    init(run: @escaping @Sendable (R, MessageContext) async throws -> R.Response) {
        self.run = run
    }

    public func run(json body: Data, _ context: MessageContext) async throws -> Data {
        let request = try decodeMessage(R.self, from: body)
        return try await JSONEncoder().encode(run(request, context))
    }
}

/// A stream's producer, its type forgotten.
public protocol StreamEntry: Sendable {
    /// Hands each element over as JSON without line breaks.
    func run(
        json body: Data, _ context: MessageContext, send: @escaping @Sendable (Data) async throws -> Void
    ) async throws
}

/// A stream's producer, typed.
public final class StreamProducer<S: Stream>: StreamEntry {
    public typealias Send = @Sendable (S.Element) async throws -> Void
    public let run: @Sendable (S, MessageContext, @escaping Send) async throws -> Void

    init(run: @escaping @Sendable (S, MessageContext, @escaping Send) async throws -> Void) {
        self.run = run
    }

    public func run(
        json body: Data, _ context: MessageContext, send: @escaping @Sendable (Data) async throws -> Void
    ) async throws {
        let request = try decodeMessage(S.self, from: body)
        try await run(request, context) { element in
            try await send(JSONEncoder().encode(element))
        }
    }
}

/// A signal's listener, its type forgotten.
public protocol ListenerEntry: Sendable {
    func run(json body: Data, _ context: MessageContext) throws
}

/// A signal's listener, typed.
public final class SignalListener<S: Signal>: ListenerEntry {
    public let run: @Sendable (S, MessageContext) -> Void

    init(run: @escaping @Sendable (S, MessageContext) -> Void) {
        self.run = run
    }

    public func run(json body: Data, _ context: MessageContext) throws {
        run(try decodeMessage(S.self, from: body), context)
    }
}

private func decodeMessage<M: Message>(_: M.Type, from body: Data) throws(ServiceError) -> M {
    do {
        return try JSONDecoder().decode(M.self, from: body)
    } catch let error as ServiceError {
        throw error
    } catch {
        throw ServiceError(.malformed, code: "bus.malformed_message", "Not a \(M.name): \(error)")
    }
}
