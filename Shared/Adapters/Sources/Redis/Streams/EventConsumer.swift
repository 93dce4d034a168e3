import Contracts
import FoundationEssentials
import Logging

/// Takes the events that other services have put into Redis Streams for this one, and hands them to its
/// reactions. The other end is ``RedisStreamsBus``.
///
/// An entry is acknowledged after its reaction has returned, so after its transaction. What a consumer that
/// died had taken is claimed by the next.
public struct EventConsumer: Sendable {
    private let table: HandlerTable
    private let client: RedisClient
    private let makeUUID: @Sendable () -> UUID
    private let sleep: @Sendable (Duration) async throws -> Void
    private let logger: Logger

    static let reactionTimeout = Duration.seconds(30)
    private static let readWait = Duration.seconds(2)
    private static let leaseWait = Duration.seconds(1)

    public init(
        table: HandlerTable, client: RedisClient, makeUUID: @escaping @Sendable () -> UUID,
        sleep: @escaping @Sendable (Duration) async throws -> Void = {
            try await ContinuousClock().sleep(for: $0)
        }, logger: Logger
    ) {
        self.table = table
        self.client = client
        self.makeUUID = makeUUID
        self.sleep = sleep
        self.logger = logger
    }

    /// Consumes until cancelled.
    public func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            // The gateway records nothing.
            for publisher in ServiceName.allCases where publisher != .gateway {
                let stream = EventStream(
                    keyPrefix: client.configuration.keyPrefix, from: publisher, to: table.service)
                group.addTask {
                    try await client.keepConnected("events from \(publisher)") { connection in
                        try await consume(stream, connection)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Waits for the lease, and consumes for as long as it holds.
    private func consume(_ stream: EventStream, _ connection: RedisConnection) async throws {
        let lease = ConsumerLease(key: stream.leaseKey, token: makeUUID().uuidString, client: client)
        while try await !lease.acquire() { try await sleep(Self.leaseWait) }
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { group.cancelAll() }
                group.addTask {
                    while true {
                        try await sleep(ConsumerLease.renewalInterval)
                        try await lease.renew()
                    }
                }
                group.addTask { try await consume(stream, connection, lease) }
                // Neither returns.
                try await group.next()
            }
        } catch {
            await lease.release()
            throw error
        }
    }

    private func consume(
        _ stream: EventStream, _ connection: RedisConnection, _ lease: ConsumerLease
    ) async throws {
        // Refused when the group is there already.
        _ = try await connection.send([stream.createGroup])
        try await handle(claimAll(stream, connection, lease), stream, lease)
        let commands = [
            RedisCommand(
                "XREADGROUP", "GROUP", .text(stream.group), .text(lease.token), "COUNT",
                .integer(Int64(EventStream.maximumBatch)), "BLOCK", .integer(Self.readWait.wholeMilliseconds),
                "STREAMS", .text(stream.key), ">"),
            RedisCommand("XPENDING", .text(stream.key), .text(stream.group)),
        ]
        while true {
            let answers = try await connection.send(commands, within: Self.readWait + .seconds(1))
            // `{stream: [entry, …]}`, or null.
            var entries = try answers[0].get().elements?.last?.elements ?? []
            let pending = try answers[1].get().elements?.first?.integer ?? 0
            // More are pending than were read: a consumer that lost its lease had a read outstanding, and
            // got what came next. Together they are in order again.
            if pending != entries.count { entries = try await claimAll(stream, connection, lease) }
            try await handle(entries, stream, lease)
        }
    }

    /// Everything that anyone was handed and didn't acknowledge, in order.
    private func claimAll(
        _ stream: EventStream, _ connection: RedisConnection, _ lease: ConsumerLease
    ) async throws -> [RESPValue] {
        var entries: [RESPValue] = []
        var start = "0-0"
        repeat {
            let claim = RedisCommand(
                "XAUTOCLAIM", .text(stream.key), .text(stream.group), .text(lease.token), "0", .text(start),
                "COUNT", .integer(Int64(EventStream.maximumBatch)))
            let answer = try await connection.send(claim).elements ?? []
            guard answer.count >= 2, let next = answer[0].text else { throw ServiceError.redisUnavailable }
            entries += answer[1].elements ?? []
            start = next
        } while start != "0-0"
        return entries
    }

    private func handle(_ values: [RESPValue], _ stream: EventStream, _ lease: ConsumerLease) async throws {
        let entries = values.compactMap { EventEntry($0) }
        var rest = entries[...]
        while let first = rest.first {
            let batch = rest.prefix { $0.batch == first.batch }
            rest = rest[batch.endIndex...]
            var progress = BatchProgress(stream: stream, lease: lease)
            for entry in batch {
                if let failure = await react(to: entry) {
                    // Cut short: what is pending is the next consumer's.
                    try Task.checkCancellation()
                    // The publisher begins anew with this one, so the rest of the batch has served.
                    try await progress.finish(Array(batch[batch.firstIndex { $0.id == entry.id }!...]), failure)
                    break
                }
                try await progress.add(entry)
            }
            try await progress.report()
        }
    }

    private func react(to entry: EventEntry) async -> ServiceError? {
        guard let envelope = try? JSONDecoder().decode(EventEnvelope.self, from: Data(entry.event)) else {
            return ServiceError(
                .invalid, code: "bus.unreadable_event", "An event in Redis isn't an event's envelope in JSON.")
        }
        return await table.deliver([envelope], timeout: Self.reactionTimeout, logger: logger).failure
    }
}

/// How far a batch has come, and how much of it the publisher knows.
private struct BatchProgress {
    let stream: EventStream
    let lease: ConsumerLease
    private var unreported: [EventEntry] = []
    private var reportedAt = ContinuousClock.now

    /// A publisher that hears nothing for long takes its batch back.
    private static let reportInterval = Duration.seconds(1)

    init(stream: EventStream, lease: ConsumerLease) {
        self.stream = stream
        self.lease = lease
    }

    mutating func add(_ entry: EventEntry) async throws {
        unreported.append(entry)
        if reportedAt.duration(to: .now) >= Self.reportInterval { try await report() }
    }

    /// Reports what there is to report.
    mutating func report() async throws {
        guard let last = unreported.last else { return }
        try await acknowledge(unreported, BatchReport(batch: last.batch, delivered: last.index + 1))
        unreported = []
        reportedAt = .now
    }

    /// Reports that the first of `rest` failed.
    mutating func finish(_ rest: [EventEntry], _ failure: ServiceError) async throws {
        let report = BatchReport(batch: rest[0].batch, delivered: rest[0].index, failure: failure)
        try await acknowledge(unreported + rest, report)
        unreported = []
    }

    /// Acknowledges, deletes and reports as one, if the lease still holds.
    private func acknowledge(_ entries: [EventEntry], _ report: BatchReport) async throws {
        let report = try JSONEncoder().encode(report)
        let arguments: [RedisCommand.Argument] = [
            .text(Self.acknowledging), "3", .text(lease.key), .text(stream.key), .text(entries[0].reportsKey),
            .text(lease.token), .text(stream.group), .bytes(Array(report)),
        ]
        let command = RedisCommand("EVAL", arguments + entries.map { .text($0.id) })
        guard try await lease.client.send(command).integer == 1 else { throw ConsumerLease.Lost() }
    }

    private static let acknowledging = """
        if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
        for i = 4, #ARGV do
            redis.call('XACK', KEYS[2], ARGV[2], ARGV[i])
            redis.call('XDEL', KEYS[2], ARGV[i])
        end
        redis.call('RPUSH', KEYS[3], ARGV[3])
        redis.call('PEXPIRE', KEYS[3], 60000)
        return 1
        """
}
