import Contracts

/// What is sent because of an event.
enum DeliveryKind: String, Sendable {
    case transcript
}

enum DeliveryStatus: String, Sendable {
    /// Not accepted by the mail server yet; it is tried again with the event.
    case pending
    case sent
    /// Refused for good.
    case failed
}

/// How a delivery ended.
enum DeliveryOutcome: Sendable, Hashable {
    case sent
    case failed(reason: String)
}

/// What was sent, to find it again: an event of one kind has at most one delivery.
protocol Deliveries: Sendable {
    /// Notes that something is to be sent, unless that is noted already.
    /// - Returns: How far it is.
    func open(
        _ kind: DeliveryKind, for event: EventEnvelope, to recipient: Email, _ context: MessageContext
    ) async throws -> DeliveryStatus

    /// Notes how it ended, and forgets whom it was for.
    func close(
        _ kind: DeliveryKind, for event: EventEnvelope, as outcome: DeliveryOutcome, _ context: MessageContext
    ) async throws
}
