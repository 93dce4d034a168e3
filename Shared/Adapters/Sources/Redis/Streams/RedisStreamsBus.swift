import Contracts
import FoundationEssentials

/// A bus whose events travel by way of Redis Streams; everything else goes over another bus.
///
/// The publisher's end: a batch is added to the subscriber's stream, and the delivery is over when the
/// consumer has reported what became of it. So the relay's own place, attempts and dead letters stay the only
/// ones there are, and Redis need not be durable: what it loses wasn't confirmed, is missed within seconds and
/// delivered again; the consumer's inbox makes a repetition harmless. The other end is ``EventConsumer``.
public final class RedisStreamsBus: Bus {
    private let base: any Bus
    private let client: RedisClient
    private let makeUUID: @Sendable () -> UUID
    private let sleep: @Sendable (Duration) async throws -> Void
    private let reportsKey: String
    private let desk = ReportDesk()

    /// How often it is checked that a batch is still in its stream.
    private static let checkInterval = Duration.seconds(1)
    /// A consumer reports after each second, or after the reaction that takes longer. After this long
    /// without a word nobody is there.
    private static let silenceLimit = EventConsumer.reactionTimeout * 2
    private static let reportsWait = Duration.seconds(2)

    /// - Parameter base: For calls, streams and signals, and for asking a service what it reacts to.
    public init(
        base: any Bus, client: RedisClient, makeUUID: @escaping @Sendable () -> UUID,
        sleep: @escaping @Sendable (Duration) async throws -> Void = {
            try await ContinuousClock().sleep(for: $0)
        }
    ) {
        self.base = base
        self.client = client
        self.makeUUID = makeUUID
        self.sleep = sleep
        reportsKey = EventStream.reportsKey(keyPrefix: client.configuration.keyPrefix, process: makeUUID())
    }

    /// Takes in what consumers report, until cancelled.
    public func run() async throws {
        try await client.keepConnected("event reports") { connection in
            let wait = Self.reportsWait
            let pop = RedisCommand("BLPOP", .text(self.reportsKey), .integer(wait.components.seconds))
            while true {
                let answer = try await connection.send(pop, within: wait + .seconds(1))
                guard let report = answer.elements?.last?.bytes else { continue }
                self.desk.take(report)
            }
        }
    }

    public func call<R: Request>(_ request: R, _ context: MessageContext) async throws -> R.Response {
        try await base.call(request, context)
    }

    public func stream<S: Contracts.Stream>(
        _ request: S, _ context: MessageContext, each: @escaping @Sendable (S.Element) async throws -> Void
    ) async throws {
        try await base.stream(request, context, each: each)
    }

    public func signal<S: Signal>(_ signal: S, _ context: MessageContext) {
        base.signal(signal, context)
    }

    /// Never from a copy in Redis: a relay that knows only yesterday's reactions passes over what today's
    /// are waiting for.
    public func subscriptions(of service: ServiceName) async throws -> Set<String> {
        try await base.subscriptions(of: service)
    }

    public func deliver(_ events: [EventEnvelope], to service: ServiceName) async throws -> DeliveryReport {
        guard let first = events.first else { return DeliveryReport(delivered: 0) }
        guard let publisher = ServiceName(owning: first.name) else {
            throw ServiceError.unknownMessage(first.name)
        }
        let stream = EventStream(
            keyPrefix: client.configuration.keyPrefix, from: publisher, to: service)
        let bodies = try events.map { try JSONEncoder().encode($0) }
        var delivered = 0
        while delivered < events.count {
            let batch = Self.batch(bodies[delivered...])
            let report: DeliveryReport
            do {
                report = try await deliver(batch, by: stream)
            } catch  where delivered > 0 && !Task.isCancelled {
                break
            }
            delivered += report.delivered
            if report.failure != nil || report.delivered < batch.count {
                return DeliveryReport(delivered: delivered, failure: report.failure)
            }
        }
        return DeliveryReport(delivered: delivered)
    }

    private static func batch(_ bodies: ArraySlice<Data>) -> ArraySlice<Data> {
        var byteCount = 0
        let count = bodies.prefix(EventStream.maximumBatch).prefix { body in
            byteCount += body.count
            return byteCount <= EventStream.maximumBatchBytes
        }.count
        return bodies.prefix(max(1, count))
    }
}

// MARK: - One batch

extension RedisStreamsBus {
    private func deliver(_ bodies: ArraySlice<Data>, by stream: EventStream) async throws -> DeliveryReport {
        let batch = makeUUID().uuidString
        let signs = desk.open(batch)
        defer { desk.close(batch) }
        let ids = try await post(bodies, as: batch, to: stream)
        do {
            let report = try await outcome(
                of: batch, count: bodies.count, lastID: ids[ids.count - 1], stream, signs)
            if report.delivered < bodies.count, report.failure == nil { await withdraw(ids, from: stream) }
            return report
        } catch {
            await withdraw(ids, from: stream)
            throw error
        }
    }

    /// - Returns: The entries' IDs.
    private func post(
        _ bodies: ArraySlice<Data>, as batch: String, to stream: EventStream
    ) async throws -> [String] {
        let entries = bodies.enumerated().map { index, body in
            stream.add(body, index: index, of: batch, reportsKey: reportsKey)
        }
        // The group is usually there, and then this is refused; after Redis has lost it, it isn't.
        // In a task of its own: if this one were cancelled in between, nobody would know what to withdraw.
        let answers = try await Task { try await client.transact([stream.createGroup] + entries) }.value
        return try answers.dropFirst().map { answer in
            guard let id = try answer.get().text else { throw ServiceError.redisUnavailable }
            return id
        }
    }

    /// Waits until the batch is dealt with.
    /// - Returns: Less than the whole without a failure when the rest got lost or stuck.
    private func outcome(
        of batch: String, count: Int, lastID: String, _ stream: EventStream, _ signs: AsyncStream<BatchReport?>
    ) async throws -> DeliveryReport {
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask {
                while true {
                    try await self.sleep(Self.checkInterval)
                    self.desk.remind(batch)
                }
            }
            var delivered = 0
            var checks = 0
            var missed = 0
            for await report in signs {
                if let report {
                    delivered = min(max(report.delivered, delivered), count)
                    (checks, missed) = (0, 0)
                    if report.failure != nil || delivered == count {
                        // A failure is of the event after those delivered.
                        let failure = delivered < count ? report.failure : nil
                        return DeliveryReport(delivered: delivered, failure: failure)
                    }
                    continue
                }
                checks += 1
                // Its report may be on its way, so it is lost only when it is missed twice.
                missed = try await isPresent(lastID, in: stream) ? 0 : missed + 1
                if missed >= 2 || Self.checkInterval * checks > Self.silenceLimit {
                    guard delivered > 0 else { throw ServiceError.eventsNotTaken }
                    return DeliveryReport(delivered: delivered)
                }
            }
            throw CancellationError()
        }
    }

    private func isPresent(_ id: String, in stream: EventStream) async throws -> Bool {
        let found = try await client.send(RedisCommand("XRANGE", .text(stream.key), .text(id), .text(id)))
        return found.elements?.isEmpty == false
    }

    /// Takes back what nobody has dealt with: it will be delivered again, and had better not pile up.
    private func withdraw(_ ids: [String], from stream: EventStream) async {
        let delete = RedisCommand("XDEL", [.text(stream.key)] + ids.map { .text($0) })
        // In a task of its own, since this one may be cancelled. Ends with the client's time limit.
        await Task { _ = try? await self.client.send(delete) }.value
    }
}

extension ServiceError {
    /// The subscriber is away, or Redis lost what was on its way.
    static let eventsNotTaken = ServiceError(
        .unavailable, code: "redis.events_not_taken",
        "Nobody took the events from Redis. They are delivered again in a moment.", retryAfterSeconds: 1)
}
