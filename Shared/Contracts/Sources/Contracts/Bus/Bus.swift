/// How services talk to each other. Which transport is behind it is chosen at start: in one process a
/// message is handed over as it is, between processes it travels as JSON over HTTP. Services can't tell.
///
/// Every failure is a ``ServiceError``. A caller's cancellation and ``MessageContext/deadline`` reach the
/// handler on every transport.
public protocol Bus: Sendable {
    /// Sends a command or query to the service that owns it and waits for the answer.
    /// - Throws: ``ServiceError``: the handler's own; `.deadlineExceeded`; `.unavailable` when the
    ///   service can't be reached; `.notFound` with code `bus.unknown_message` when nobody handles it.
    func call<R: Request>(_ request: R, _ context: MessageContext) async throws -> R.Response

    /// Opens a stream and hands over its elements one by one, until the stream ends.
    ///
    /// Back-pressure is in the shape: the producer goes on when `each` has returned. To stop early,
    /// throw from `each` or cancel the task.
    func stream<S: Stream>(
        _ request: S, _ context: MessageContext,
        each: @escaping @Sendable (S.Element) async throws -> Void
    ) async throws

    /// Hands a signal to everyone who listens. Returns at once, promises nothing.
    func signal<S: Signal>(_ signal: S, _ context: MessageContext)

    /// The names of the events that a service reacts to; empty when it reacts to none.
    /// - Throws: `.unavailable` when the service can't be reached: it may react to any.
    func subscriptions(of service: ServiceName) async throws -> Set<String>

    /// Delivers recorded events to one service, in order. Only the relay calls this.
    ///
    /// The consumer handles them one after another and stops at the first failure.
    /// - Returns: What became of them; `.delivered` below the number sent means the rest weren't tried.
    func deliver(_ events: [EventEnvelope], to service: ServiceName) async throws -> DeliveryReport
}

extension Bus {
    /// Sends an order: reads as what it is at the call.
    @inlinable
    public func send<C: Command>(_ command: C, _ context: MessageContext) async throws -> C.Response {
        try await call(command, context)
    }

    /// Asks a question.
    @inlinable
    public func ask<Q: Query>(_ query: Q, _ context: MessageContext) async throws -> Q.Response {
        try await call(query, context)
    }
}

/// What became of a batch of events.
public struct DeliveryReport: Codable, Sendable, Hashable {
    /// How many, from the first, were handled (or had been before).
    public let delivered: Int
    /// Why the next one was not.
    public let failure: ServiceError?

    public init(delivered: Int, failure: ServiceError? = nil) {
        self.delivered = delivered
        self.failure = failure
    }
}
