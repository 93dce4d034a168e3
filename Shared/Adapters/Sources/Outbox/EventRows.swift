import Contracts

extension EventEnvelope {
    /// From a row of `events`.
    init(_ row: SQLRow) throws {
        self.init(
            id: try row.value("id"),
            name: try row.value("name"),
            aggregate: Aggregate(try row.value("aggregate_kind"), try row.value("aggregate_id")),
            sequence: try row.value("sequence"),
            occurredAt: try row.value("occurred_at"),
            requestID: try row.value("request_id"),
            traceparent: try row.value("traceparent"),
            payload: try row.value("payload")
        )
    }
}

extension RecordedEvent {
    init(_ row: SQLRow) throws {
        self.init(position: try row.value("position"), try EventEnvelope(row))
    }
}

extension SQLTransaction {
    /// Writes events with their hashes, in this order.
    func insert(_ events: some Collection<(event: EventEnvelope, hash: [UInt8]?)>) throws {
        try execute("INSERT INTO events (\(SQL.eventColumns)) VALUES \(SQL.rows(events))")
    }
}

extension SQL {
    fileprivate static let eventColumns: SQL =
        "id, name, aggregate_kind, aggregate_id, sequence, occurred_at, request_id, traceparent, payload, hash"

    /// `(…), (…)`, built in place: adding up statements would copy all that was before.
    fileprivate static func rows(_ events: some Collection<(event: EventEnvelope, hash: [UInt8]?)>) -> SQL {
        var rows = StringInterpolation(literalCapacity: 0, interpolationCount: events.count * 10)
        for (index, (event, hash)) in events.enumerated() {
            if index > 0 { rows.appendLiteral(", ") }
            rows.appendInterpolation(
                """
                (\(event.id), \(event.name), \(event.aggregate.kind), \(event.aggregate.id), \(event.sequence),
                \(event.occurredAt), \(event.requestID), \(event.traceparent), \(event.payload), \(hash))
                """ as SQL)
        }
        return SQL(stringInterpolation: rows)
    }
}
