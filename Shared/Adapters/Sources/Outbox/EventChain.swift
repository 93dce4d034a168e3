import Contracts
import Crypto
import FoundationEssentials
import Synchronization

/// The chain of hashes through an audited stream: each event carries a SHA-256 over the hash of the one
/// before and its own content, so a later change to any event, or one that is taken out or put in, breaks
/// the chain behind it.
///
/// Who can write the table can also compute a chain anew: that shows only to somebody who kept a later hash
/// elsewhere. Source: Haber and Stornetta, "How to Time-Stamp a Digital Document", Journal of Cryptology 3,
/// 1991, section 5.1 (linking).
enum EventChain {
    /// What the first event of a stream is linked to.
    static let start = [UInt8](repeating: 0, count: 32)

    static func hash(of event: EventEnvelope, after previous: [UInt8]) -> [UInt8] {
        var bytes = previous
        bytes.put(event.aggregate.kind.utf8)
        bytes.put(event.aggregate.id)
        bytes.put(event.sequence)
        bytes.put(event.id.rawValue)
        bytes.put(event.name.utf8)
        bytes.put(event.occurredAt.microsecondsSinceEpoch)
        bytes.put(event.requestID.utf8)
        bytes.put((event.traceparent ?? "").utf8)
        bytes.put(event.payload.utf8)
        return Array(SHA256.hash(data: bytes))
    }

    /// Links the events of audited streams, in order, to what their streams already hold.
    static func link(
        _ events: [EventEnvelope], audited: Set<String>, in transaction: any SQLTransaction
    ) throws -> [(event: EventEnvelope, hash: [UInt8]?)] {
        var heads: [EventEnvelope.Aggregate: [UInt8]] = [:]
        return try events.map { event in
            guard audited.contains(event.aggregate.kind) else { return (event, nil) }
            let previous = try heads[event.aggregate] ?? transaction.hash(before: event)
            let hash = hash(of: event, after: previous)
            heads[event.aggregate] = hash
            return (event, hash)
        }
    }
}

extension [UInt8] {
    /// With its length before it, so that no two contents give the same bytes.
    fileprivate mutating func put(_ text: String.UTF8View) {
        put(Int64(text.count))
        append(contentsOf: text)
    }

    fileprivate mutating func put(_ number: Int64) {
        Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
    }

    fileprivate mutating func put(_ uuid: UUID) {
        Swift.withUnsafeBytes(of: uuid.uuid) { append(contentsOf: $0) }
    }
}

extension SQLReader {
    /// The hash that an event's is built on. A stream that was begun before it was audited starts anew.
    fileprivate func hash(before event: EventEnvelope) throws -> [UInt8] {
        guard event.sequence > 1 else { return EventChain.start }
        let row = try first(
            """
            SELECT hash FROM events
            WHERE aggregate_kind = \(event.aggregate.kind) AND aggregate_id = \(event.aggregate.id)
            AND sequence = \(event.sequence - 1)
            """)
        return try row?.value("hash", as: [UInt8]?.self) ?? EventChain.start
    }
}

// MARK: - Checking

extension Outbox {
    /// Reads the audited streams from their beginnings, in constant memory, up to the first event that
    /// isn't as it was recorded or before which one is missing.
    /// - Parameter audited: The kinds of aggregates whose streams are chained.
    public static func checkAuditTrail(
        in database: any Database, audited: Set<String>
    ) async throws -> AuditTrailReport {
        guard !audited.isEmpty else { return AuditTrailReport(checked: 0, firstBroken: nil) }
        let check = AuditTrailCheckState()
        do {
            try await database.rows(
                """
                SELECT * FROM events WHERE aggregate_kind IN (\(SQL.list(audited.sorted())))
                ORDER BY aggregate_kind, aggregate_id, sequence
                """
            ) { row in
                try check.take(row)
            }
        } catch let broken as BrokenLink {
            return AuditTrailReport(checked: check.checked, firstBroken: broken.event)
        }
        return AuditTrailReport(checked: check.checked, firstBroken: nil)
    }
}

private struct BrokenLink: Error {
    let event: RecordedEvent
}

private final class AuditTrailCheckState: Sendable {
    private struct Link {
        let aggregate: EventEnvelope.Aggregate
        let sequence: Int64
        /// `nil` where the stream wasn't audited yet.
        let hash: [UInt8]?
    }
    private let state = Mutex((checked: 0, last: Link?.none))

    var checked: Int { state.withLock { $0.checked } }

    /// - Throws: ``BrokenLink``.
    func take(_ row: SQLRow) throws {
        let event = try EventEnvelope(row)
        let hash: [UInt8]? = try row.value("hash")
        try state.withLock { state in
            let last = state.last.flatMap { $0.aggregate == event.aggregate ? $0 : nil }
            let isNext = event.sequence == (last?.sequence ?? 0) + 1
            let isLinked =
                if let hash {
                    hash == EventChain.hash(of: event, after: last?.hash ?? EventChain.start)
                } else {
                    // Once audited, always audited.
                    last?.hash == nil
                }
            state.checked += 1
            guard isNext, isLinked else { throw BrokenLink(event: try RecordedEvent(row)) }
            state.last = Link(aggregate: event.aggregate, sequence: event.sequence, hash: hash)
        }
    }
}
