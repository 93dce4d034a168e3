import Contracts
import Synchronization

/// A bus for testing one service alone: the others' answers are scripted, and everything that was sent
/// is kept for the test to look at.
public final class ScriptedBus: Bus {
    private typealias Answer = @Sendable (any Message, MessageContext) async throws -> any Sendable
    private struct State {
        var answers: [String: Answer] = [:]
        var sent: [any Message] = []
        var signals: [any Signal] = []
    }
    private let state = Mutex(State())

    public init() {}

    /// Scripts the answer to a command or query.
    public func answer<R: Request>(
        _: R.Type, with answer: @escaping @Sendable (R, MessageContext) async throws -> R.Response
    ) {
        state.withLock {
            $0.answers[R.name] = { request, context in try await answer(request as! R, context) }
        }
    }

    /// Scripts the elements of a stream.
    public func answer<S: Stream>(_: S.Type, with elements: @escaping @Sendable (S) throws -> [S.Element]) {
        state.withLock {
            $0.answers[S.name] = { request, _ in try elements(request as! S) }
        }
    }

    /// Everything of this type that was sent, oldest first.
    public func sent<M: Message>(_: M.Type) -> [M] {
        state.withLock { $0.sent.compactMap { $0 as? M } }
    }

    public func signals<S: Signal>(_: S.Type) -> [S] {
        state.withLock { $0.signals.compactMap { $0 as? S } }
    }

    public func call<R: Request>(_ request: R, _ context: MessageContext) async throws -> R.Response {
        try await run(request, context) as! R.Response
    }

    public func stream<S: Stream>(
        _ request: S, _ context: MessageContext, each: @escaping @Sendable (S.Element) async throws -> Void
    ) async throws {
        for element in try await run(request, context) as! [S.Element] {
            try await each(element)
        }
    }

    public func signal<S: Signal>(_ signal: S, _ context: MessageContext) {
        state.withLock { $0.signals.append(signal) }
    }

    public func subscriptions(of service: ServiceName) async throws -> Set<String> { [] }

    public func deliver(_ events: [EventEnvelope], to service: ServiceName) async throws -> DeliveryReport {
        DeliveryReport(delivered: events.count)
    }

    private func run(_ message: some Message, _ context: MessageContext) async throws -> any Sendable {
        let name = type(of: message).name
        let answer = state.withLock { state -> Answer? in
            state.sent.append(message)
            return state.answers[name]
        }
        guard let answer else {
            throw ServiceError(.notFound, code: "bus.unknown_message", "No answer is scripted for \(name).")
        }
        return try await answer(message, context)
    }
}
