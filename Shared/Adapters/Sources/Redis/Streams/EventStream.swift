import Contracts
import FoundationEssentials

/// The stream of events from one service to another, and what both ends agree on.
///
/// There is one for each pair, with one group of consumers. It holds what is under way and nothing else: an
/// entry is deleted when its reaction is committed. The publisher's outbox stays the source of truth.
struct EventStream: Sendable {
    let key: String
    let group: String
    /// Names the consumer that may work; see ``ConsumerLease``.
    let leaseKey: String

    /// A batch has at most so many events, and about so many bytes beside a single large one.
    static let maximumBatch = 128
    static let maximumBatchBytes = 8 << 20

    init(keyPrefix: String, from publisher: ServiceName, to subscriber: ServiceName) {
        key = "\(keyPrefix):events:\(publisher):\(subscriber)"
        group = subscriber.rawValue
        leaseKey = "\(key):lease"
    }

    /// The list on which a publisher's process is told what became of its batches.
    static func reportsKey(keyPrefix: String, process: UUID) -> String {
        "\(keyPrefix):events:reports:\(process.uuidString)"
    }

    var createGroup: RedisCommand {
        RedisCommand("XGROUP", "CREATE", .text(key), .text(group), "0", "MKSTREAM")
    }

    func add(_ event: Data, index: Int, of batch: String, reportsKey: String) -> RedisCommand {
        RedisCommand(
            "XADD", .text(key), "*", "batch", .text(batch), "index", .integer(Int64(index)), "reports",
            .text(reportsKey), "event", .bytes(Array(event)))
    }
}

/// One event in a stream.
struct EventEntry: Sendable {
    /// Redis' own, in the order of arrival.
    let id: String
    let batch: String
    let index: Int
    let reportsKey: String
    let event: [UInt8]

    /// - Parameter value: `[id, [field, value, …]]`
    init?(_ value: RESPValue) {
        guard let parts = value.elements, parts.count == 2, let id = parts[0].text,
            let fields = parts[1].elements, fields.count.isMultiple(of: 2)
        else { return nil }
        var found: [String: RESPValue] = [:]
        for start in stride(from: 0, to: fields.count, by: 2) {
            found[fields[start].text ?? ""] = fields[start + 1]
        }
        guard let batch = found["batch"]?.text, let index = found["index"]?.integer,
            let reportsKey = found["reports"]?.text, let event = found["event"]?.bytes
        else { return nil }
        (self.id, self.batch, self.index) = (id, batch, Int(index))
        (self.reportsKey, self.event) = (reportsKey, event)
    }
}

/// What the consumer tells the publisher of a batch: how far it has come, and what stopped it.
struct BatchReport: Codable, Sendable {
    let batch: String
    /// How many of the batch, from its first.
    let delivered: Int
    var failure: ServiceError?
}
