import FoundationEssentials

// What the messages of Operations.swift answer with.

/// Which dead letter: `chat.notification.42` is Chat's event at position 42, for Notification.
public struct DeadLetterID: Hashable, Sendable, CustomStringConvertible, Codable {
    public let publisher: ServiceName
    public let subscriber: ServiceName
    public let position: Int64

    public init(publisher: ServiceName, subscriber: ServiceName, position: Int64) {
        self.publisher = publisher
        self.subscriber = subscriber
        self.position = position
    }

    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let publisher = ServiceName(rawValue: String(parts[0])),
            let subscriber = ServiceName(rawValue: String(parts[1])), let position = Int64(parts[2])
        else { return nil }
        self.init(publisher: publisher, subscriber: subscriber, position: position)
    }

    public var description: String { "\(publisher).\(subscriber).\(position)" }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = Self(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "Not a dead letter's ID.")
        }
        self = id
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// A dead letter in a list.
public struct DeadLetterSummary: Codable, Sendable, Hashable {
    public let id: DeadLetterID
    /// ``Message/name`` of the event.
    public let event: String
    public let aggregateKind: String
    public let aggregateID: UUID
    /// Why it failed the last time: a ``ServiceError/code`` and its message.
    public let code: String
    public let reason: String
    public let attempts: Int
    public let diedAt: Instant

    public init(
        id: DeadLetterID, event: String, aggregateKind: String, aggregateID: UUID, code: String, reason: String,
        attempts: Int, diedAt: Instant
    ) {
        self.id = id
        self.event = event
        self.aggregateKind = aggregateKind
        self.aggregateID = aggregateID
        self.code = code
        self.reason = reason
        self.attempts = attempts
        self.diedAt = diedAt
    }

    private enum CodingKeys: String, CodingKey {
        case id, event, code, reason, attempts
        case aggregateKind = "aggregate_kind"
        case aggregateID = "aggregate_id"
        case diedAt = "died_at"
    }
}

/// A dead letter, whole.
public struct DeadLetterView: Codable, Sendable, Hashable {
    public let summary: DeadLetterSummary
    public let event: RecordedEvent
    /// Oldest first; of many, the first and the newest.
    public let attempts: [DeliveryAttempt]

    public init(summary: DeadLetterSummary, event: RecordedEvent, attempts: [DeliveryAttempt]) {
        self.summary = summary
        self.event = event
        self.attempts = attempts
    }
}

/// One failed delivery.
public struct DeliveryAttempt: Codable, Sendable, Hashable {
    public let at: Instant
    public let code: String
    public let message: String

    public init(at: Instant, code: String, message: String) {
        self.at = at
        self.code = code
        self.message = message
    }
}

/// An event and its place in the log.
public struct RecordedEvent: Codable, Sendable, Hashable {
    public let position: Int64
    public let id: EventID
    public let name: String
    public let aggregateKind: String
    public let aggregateID: UUID
    public let sequence: Int64
    public let occurredAt: Instant
    public let requestID: String
    /// JSON text, exactly as recorded.
    public let payload: String

    public init(position: Int64, _ envelope: EventEnvelope) {
        self.position = position
        id = envelope.id
        name = envelope.name
        aggregateKind = envelope.aggregate.kind
        aggregateID = envelope.aggregate.id
        sequence = envelope.sequence
        occurredAt = envelope.occurredAt
        requestID = envelope.requestID
        payload = envelope.payload
    }

    private enum CodingKeys: String, CodingKey {
        case position, id, name, sequence, payload
        case aggregateKind = "aggregate_kind"
        case aggregateID = "aggregate_id"
        case occurredAt = "occurred_at"
        case requestID = "request_id"
    }
}

/// What became of checking the audited streams.
public struct AuditTrailReport: Codable, Sendable, Hashable {
    /// How many events were checked.
    public let checked: Int
    /// The first that isn't as it was recorded, or before which one is missing.
    public let firstBroken: RecordedEvent?

    public init(checked: Int, firstBroken: RecordedEvent?) {
        self.checked = checked
        self.firstBroken = firstBroken
    }

    private enum CodingKeys: String, CodingKey {
        case checked
        case firstBroken = "first_broken"
    }
}
