import CPostgreSQL
import Contracts
import FoundationEssentials
import Outbox
import PostgreSQL

/// Appending events through the unit of work, a hundred in a commit, against one `INSERT` of as many rows of
/// the same bytes through bare libpq: prepared, in binary, committed by itself. Both durable, both into the
/// outbox's table with all its indexes.
struct AppendFigure {
    let url: String
    /// How many append at once. The reference has a connection for each.
    let writers: Int

    private static let batch = 100
    private static let roundDuration = Duration.seconds(2)

    func measure() async throws -> Figure {
        let connections = try (0..<writers).map { _ in try RawPostgreSQL(url: url, schema: "reference") }
        try connections[0].makeOutbox(in: "reference")
        let administrator = try RawPostgreSQL(url: url, schema: "ours")
        try administrator.makeOutbox(in: "ours")
        let insert = RawInsert.statement(rows: Self.batch)
        for connection in connections { try connection.prepare("append", insert.text, types: insert.types) }
        let unitOfWork = OutboxUnitOfWork(
            database: PostgreSQLDatabase(try PostgreSQLConfiguration(url: url, schema: "ours")),
            now: { .systemNow() }, makeUUID: { .newVersion7() }, doorbell: Doorbell())

        let rounds = try await Figure.rounds(
            7,
            ours: {
                try administrator.run("TRUNCATE events CASCADE; CHECKPOINT")
                return try await eventsPerSecond { _ in
                    let aggregate = EventEnvelope.Aggregate("conversation", .newVersion7())
                    try await unitOfWork.commit(.sample) { transaction in
                        for sequence in 1...Int64(Self.batch) {
                            try transaction.append(MessageMeasured.sample, to: aggregate, sequence: sequence)
                        }
                    }
                }
            },
            reference: {
                try connections[0].run("TRUNCATE events CASCADE; CHECKPOINT")
                let inserts = connections.map { RawInsert($0, rows: Self.batch) }
                // Each on a thread of its own: the calls block.
                return try await eventsPerSecond { try await inserts[$0].run() }
            })
        let writers = writers == 1 ? "1 writer" : "\(writers) writers"
        return Figure(
            name: "append-events, \(writers)", unit: "events/s", rounds: rounds, target: 0.7,
            compare: "ratio_min")
    }

    private func eventsPerSecond(
        _ append: @escaping @Sendable (Int) async throws -> Void
    ) async throws -> Double {
        try await callsPerSecond(callers: writers, for: Self.roundDuration, append) * Double(Self.batch)
    }
}

/// An event of the size of most.
struct MessageMeasured: Event {
    static let name = "chat.message_measured.v1"
    let conversationID: ConversationID
    let messageID: MessageID
    let content: String

    static let sample = MessageMeasured(
        conversationID: ConversationID(.newVersion7()), messageID: MessageID(.newVersion7()),
        content:
            "Hello, I ordered a lamp last week, and it arrived broken. How do I return it, and who pays for that?"
    )
}

/// One connection's `INSERT` of many events.
private actor RawInsert {
    private let connection: RawPostgreSQL
    private let rows: Int
    private let parameters: RawParameters
    private let offsets: [(id: Int, aggregate: Int)]
    private let thread = BlockingThread(label: "reference")

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private static let types: [Oid] = [2950, 25, 25, 2950, 20, 1184, 25, 25, 25, 17]

    static func statement(rows: Int) -> (text: String, types: [Oid]) {
        let values = (0..<rows).map { row in
            "(" + (1...types.count).map { "$\(row * types.count + $0)" }.joined(separator: ", ") + ")"
        }
        let text = """
            INSERT INTO events (
                id, name, aggregate_kind, aggregate_id, sequence, occurred_at, request_id, traceparent, payload,
                hash
            ) VALUES \(values.joined(separator: ", "))
            """
        return (text, (0..<rows).flatMap { _ in types })
    }

    init(_ connection: RawPostgreSQL, rows: Int) {
        self.connection = connection
        self.rows = rows
        let payload = (try? JSONEncoder().encode(MessageMeasured.sample)) ?? Data()
        let time = (Instant.systemNow().microsecondsSinceEpoch - 946_684_800_000_000).bigEndianBytes
        let parameters = RawParameters(
            (1...Int64(rows)).flatMap { sequence -> [[UInt8]?] in
                [
                    [UInt8](repeating: 0, count: 16), Array(MessageMeasured.name.utf8),
                    Array("conversation".utf8),
                    [UInt8](repeating: 0, count: 16), sequence.bigEndianBytes, time,
                    Array(MessageContext.sample.requestID.utf8), nil, Array(payload), nil,
                ]
            })
        offsets = (0..<rows).map { row in
            let first = row * Self.types.count
            return (parameters.offset(of: first), parameters.offset(of: first + 3))
        }
        self.parameters = parameters
    }

    /// Inserts them, as the history of another aggregate.
    func run() throws {
        let aggregate = UUID.newVersion7()
        for offset in offsets {
            parameters.bytes.storeBytes(of: UUID.newVersion7().uuid, toByteOffset: offset.id, as: uuid_t.self)
            parameters.bytes.storeBytes(of: aggregate.uuid, toByteOffset: offset.aggregate, as: uuid_t.self)
        }
        try connection.run(prepared: "append", parameters)
    }
}

extension Int64 {
    fileprivate var bigEndianBytes: [UInt8] {
        Swift.withUnsafeBytes(of: bigEndian) { Array($0) }
    }
}

extension RawPostgreSQL {
    /// The outbox's tables, new.
    func makeOutbox(in schema: String) throws {
        try run("DROP SCHEMA IF EXISTS \(schema) CASCADE; CREATE SCHEMA \(schema)")
        for migration in Outbox.migrations { try run(migration.script(for: .postgres)) }
    }
}
