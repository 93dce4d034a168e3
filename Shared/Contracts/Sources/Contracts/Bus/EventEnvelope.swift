import FoundationEssentials

/// An event as it is recorded and delivered: the fact, and what it is about.
public struct EventEnvelope: Codable, Sendable, Hashable {
    public let id: EventID
    /// ``Message/name`` of the event.
    public let name: String
    public let aggregate: Aggregate
    /// Place in the aggregate's own history: 1, 2, 3, … without gaps.
    public let sequence: Int64
    public let occurredAt: Instant
    /// Of the request that caused it.
    public let requestID: String
    public let traceparent: String?
    /// The event as JSON text.
    public let payload: String

    public init(
        id: EventID, name: String, aggregate: Aggregate, sequence: Int64, occurredAt: Instant,
        requestID: String, traceparent: String?, payload: String
    ) {
        self.id = id
        self.name = name
        self.aggregate = aggregate
        self.sequence = sequence
        self.occurredAt = occurredAt
        self.requestID = requestID
        self.traceparent = traceparent
        self.payload = payload
    }

    /// What an event is about, and whose order it keeps: `conversation`, and which.
    public struct Aggregate: Codable, Sendable, Hashable {
        public let kind: String
        public let id: UUID

        public init(_ kind: String, _ id: UUID) {
            self.kind = kind
            self.id = id
        }
    }

    /// The event itself.
    /// - Throws: `.invalid` with code `bus.unreadable_event`: it will never become readable, so it goes
    ///   to the dead letters at once.
    public func decode<E: Event>(_: E.Type) throws(ServiceError) -> E {
        do {
            return try JSONDecoder().decode(E.self, from: Data(payload.utf8))
        } catch {
            throw ServiceError(.invalid, code: "bus.unreadable_event", "Unreadable \(name): \(error)")
        }
    }
}
