import Contracts

/// What is sent because of an event.
enum DeliveryKind: String, Sendable {
    case transcript
}

enum DeliveryStatus: String, Sendable {
    /// Not accepted by the mail server yet; its job waits, runs, or was given up.
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
    /// Notes that something is to be sent because of `event`, and writes down the job that sends it: both or
    /// neither, and once per event.
    func open(
        _ kind: DeliveryKind, for event: EventEnvelope, to recipient: Email, by job: some QueuedJob,
        _ context: MessageContext
    ) async throws

    /// - Returns: Whom it is for; `nil` once it has ended.
    func recipient(of kind: DeliveryKind, for event: EventID) async throws -> Email?

    /// Notes how it ended, forgets whom it was for, and ends its job: all or nothing.
    /// - Throws: ``ServiceError/leaseLost`` when the job is somebody else's by now.
    func close(
        _ kind: DeliveryKind, for event: EventID, as outcome: DeliveryOutcome, ending lease: JobLease,
        _ context: MessageContext
    ) async throws
}
