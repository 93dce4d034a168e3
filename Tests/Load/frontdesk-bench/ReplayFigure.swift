import Contracts
import FoundationEssentials
import Outbox
import PostgreSQL
import Synchronization

/// Streaming a million events in order, read as far as a replay reads them, against `COPY … TO STDOUT` of the
/// same table through bare libpq; and by how much the process grows meanwhile.
struct ReplayFigure {
    let url: String

    private static let events = 1_000_000

    func measure() async throws -> [Figure] {
        let raw = try RawPostgreSQL(url: url, schema: "replayed")
        try raw.makeOutbox(in: "replayed")
        try fill(raw)
        let database = PostgreSQLDatabase(try PostgreSQLConfiguration(url: url, schema: "replayed"))
        // Both sides find the table in memory.
        _ = try copy(raw)
        var growths: [Figure.Round] = []
        let rounds = try await Figure.rounds(
            5,
            ours: {
                let (rate, growth) = try await replay(database)
                growths.append(Figure.Round(ours: growth, reference: nil))
                return rate
            },
            reference: { try copy(raw) })
        return [
            Figure(
                name: "replay-events", unit: "events/s", rounds: rounds, target: 0.3, compare: "ratio_min"),
            Figure(
                name: "replay-events.growth", unit: "MiB", rounds: growths, target: 16, compare: "max",
                note: "from the first 10,000 events of a replay to the most at any time of it"),
        ]
    }

    private func fill(_ raw: RawPostgreSQL) throws {
        let payload = String(decoding: try JSONEncoder().encode(MessageMeasured.sample), as: UTF8.self)
        try raw.run(
            """
            INSERT INTO events (name, id, aggregate_kind, aggregate_id, sequence, occurred_at, request_id, payload)
            SELECT
                '\(MessageMeasured.name)', gen_random_uuid(), 'conversation',
                CAST(lpad(to_hex(number / 20), 32, '0') AS uuid), number % 20 + 1, now(), 'bench', '\(payload)'
            FROM generate_series(0, \(Self.events - 1)) AS number
            """)
        try raw.run("VACUUM ANALYZE events")
        try raw.run("CHECKPOINT")
    }

    private func replay(_ database: PostgreSQLDatabase) async throws -> (rate: Double, growth: Double) {
        let reader = ReplayReader()
        let duration = try await ContinuousClock().measure {
            try await database.rows("SELECT * FROM events ORDER BY position") { try reader.take($0) }
        }
        let (count, growth) = reader.result
        precondition(count == Self.events, "\(count) events came")
        return (Double(count) / (duration / .seconds(1)), growth)
    }

    private func copy(_ raw: RawPostgreSQL) throws -> Double {
        var count = 0
        let duration = try ContinuousClock().measure {
            count = try raw.copyOut("COPY events TO STDOUT").rows
        }
        precondition(count == Self.events, "\(count) events came")
        return Double(count) / (duration / .seconds(1))
    }
}

/// Reads events as a replay does, and watches the process's memory.
private final class ReplayReader: Sendable {
    private let state = Mutex((count: 0, position: Int64(0), payloadBytes: 0, first: 0, most: 0))

    /// The growth in MiB.
    var result: (count: Int, growth: Double) {
        state.withLock { ($0.count, Double($0.most - $0.first) / 1024) }
    }

    func take(_ row: SQLRow) throws {
        let position: Int64 = try row.value("position")
        let event = EventEnvelope(
            id: try row.value("id"), name: try row.value("name"),
            aggregate: .init(try row.value("aggregate_kind"), try row.value("aggregate_id")),
            sequence: try row.value("sequence"), occurredAt: try row.value("occurred_at"),
            requestID: try row.value("request_id"), traceparent: try row.value("traceparent"),
            payload: try row.value("payload"))
        state.withLock { state in
            precondition(position > state.position, "an event came out of order")
            state.position = position
            state.payloadBytes += event.payload.utf8.count
            state.count += 1
            guard state.count.isMultiple(of: 10_000) else { return }
            let now = residentKibibytes()
            if state.first == 0 { state.first = now }
            state.most = max(state.most, now)
        }
    }
}

/// `VmRSS`: what of the process is in memory.
private func residentKibibytes() -> Int {
    let status = FileManager.default.contents(atPath: "/proc/self/status") ?? Data()
    let line = status.split(separator: UInt8(ascii: "\n")).first { $0.starts(with: "VmRSS:".utf8) } ?? Data()
    return Int(String(decoding: line.filter { (48...57).contains($0) }, as: UTF8.self)) ?? 0
}
