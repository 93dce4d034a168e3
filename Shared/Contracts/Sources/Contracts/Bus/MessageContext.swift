import FoundationEssentials

/// What accompanies every message: who wants it, until when, and how to find it in the logs.
public struct MessageContext: Sendable {
    public var principal: Principal
    /// Given to the client as `X-Request-ID`; the same in every service that takes part.
    public var requestID: String
    /// W3C trace context (`traceparent`), passed on as it came.
    public var traceparent: String?
    /// After this nobody waits for the answer any more. `nil`: as long as it takes.
    public var deadline: Deadline?
    /// The client's `Idempotency-Key`: with the same key `StartConversation` and `SendMessage` take effect
    /// once. Other commands don't look at it yet.
    public var idempotencyKey: String?
    /// BCP 47 language tag, such as `en` or `de-CH`.
    public var locale: String?

    public init(
        principal: Principal, requestID: String, traceparent: String? = nil, deadline: Deadline? = nil,
        idempotencyKey: String? = nil, locale: String? = nil
    ) {
        self.principal = principal
        self.requestID = requestID
        self.traceparent = traceparent
        self.deadline = deadline
        self.idempotencyKey = idempotencyKey
        self.locale = locale
    }

    /// The same errand, carried on by a service in its own name: it drops the caller's idempotency key,
    /// which belongs to the caller's command.
    public func acting(as service: ServiceName) -> MessageContext {
        var context = self
        context.principal = .service(service)
        context.idempotencyKey = nil
        return context
    }

    /// - Parameter timeout: Never extends a deadline that is already nearer.
    public func withTimeout(_ timeout: Duration) -> MessageContext {
        var context = self
        let proposed = Deadline(in: timeout)
        context.deadline = min(deadline ?? proposed, proposed)
        return context
    }
}
