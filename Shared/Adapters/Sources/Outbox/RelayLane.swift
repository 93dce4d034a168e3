import Contracts
import Logging

/// One subscriber's way through the events.
///
/// Its place is stored after the delivery, so a crash in between delivers again; the consumer's inbox
/// makes that harmless. An event that fails is parked, and with it what follows in its aggregate; all
/// others flow on.
struct RelayLane: Sendable {
    private let relay: Relay
    private let log: DeliveryLog
    private let schedule: RetrySchedule

    /// What the subscriber reacts to, in order, and its place. Both are looked up again with each poll
    /// and after each failure: the subscriber may be a newer one, or was taken back.
    private var names: [String] = []
    private var cursor = DeliveryLog.Cursor(position: 0, generation: 0)
    private var lookedAt: Int?
    /// Deliveries in a row that failed and may succeed later: the subscriber seems to be in trouble.
    private var failures = 0

    private static let batchSize = 100
    /// One after another of different aggregates: that isn't about the events any more.
    private static let toleratedFailures = 3
    private static let longestPause = Duration.seconds(30)

    init(subscriber: ServiceName, relay: Relay) {
        self.relay = relay
        log = DeliveryLog(subscriber: subscriber, database: relay.database)
        schedule = RetrySchedule(random: relay.random)
    }

    /// Runs until cancelled.
    mutating func run() async throws {
        for await _ in relay.doorbell.rings() {
            while !Task.isCancelled {
                do {
                    guard try await advance() else { break }
                } catch {
                    // The subscriber is away, or our own database is: not the event's fault, so it doesn't
                    // count as an attempt.
                    lookedAt = nil
                    failures += 1
                    relay.logger.debug(
                        "Relay waits",
                        metadata: ["frontdesk.subscriber": "\(log.subscriber)", "error.message": "\(error)"])
                    try await pause()
                }
            }
        }
    }

    /// - Returns: Whether there may be more to do at once.
    private mutating func advance() async throws -> Bool {
        let poll = relay.polls.count
        if lookedAt != poll {
            names = try await relay.bus.subscriptions(of: log.subscriber).sorted()
            cursor = try await log.cursor()
            try await retryParked()
            lookedAt = poll
        }
        return try await names.isEmpty ? false : deliverNext()
    }

    // MARK: - In order

    private mutating func deliverNext() async throws -> Bool {
        let batch = try await log.next(after: cursor, named: names, limit: Self.batchSize)
        guard let last = batch.last else { return false }
        let free = batch.filter { !$0.isBehind }.map(\.delivery)
        let (delivered, failure) = try await deliver(free)
        // Of a batch that was cut short, the rest comes next.
        let isCutShort = failure == nil && delivered.count < free.count
        let position = (failure?.delivery ?? (isCutShort ? delivered.last : last.delivery))!.position
        let behind = batch.filter { $0.isBehind && $0.delivery.position <= position }.map(\.delivery)
        guard try await log.move(cursor, to: position, behind: behind, failure, now: relay.now()) else {
            lookedAt = nil
            return true
        }
        cursor.position = position
        note(delivered: delivered.count, failure)
        if let failure, failure.error.isTransient, failures >= Self.toleratedFailures { try await pause() }
        return failure != nil || isCutShort || batch.count == Self.batchSize
    }

    // MARK: - Parked

    /// Tries what is due, until nothing is or everything seems to fail.
    private mutating func retryParked() async throws {
        while true {
            let due = try await log.due(at: relay.now(), limit: Self.batchSize)
            for (aggregate, position) in due {
                guard try await retry(aggregate, from: position), failures < Self.toleratedFailures else {
                    return
                }
            }
            if due.isEmpty { return }
        }
    }

    /// - Returns: `false` when the subscriber was taken back meanwhile.
    private mutating func retry(_ aggregate: EventEnvelope.Aggregate, from position: Int64) async throws -> Bool
    {
        let waiting = try await log.parked(of: aggregate, from: position, limit: Self.batchSize)
        let (delivered, failure) = try await deliver(waiting)
        let isSettled = try await log.settle(delivered, of: aggregate, failure, cursor, now: relay.now())
        note(delivered: delivered.count, failure)
        return isSettled
    }

    // MARK: - Either way

    /// - Returns: What was delivered, and what became of the next one if that failed.
    private func deliver(_ deliveries: [DeliveryLog.Delivery]) async throws
        -> (delivered: [DeliveryLog.Delivery], DeliveryLog.Failure?)
    {
        guard !deliveries.isEmpty else { return ([], nil) }
        let report = try await relay.bus.deliver(deliveries.map(\.event), to: log.subscriber)
        let delivered = Array(deliveries.prefix(report.delivered))
        guard let error = report.failure, delivered.count < deliveries.count else {
            if delivered.isEmpty { throw ServiceError.cancelled }
            return (delivered, nil)
        }
        // Who is told to stop stops in the middle: nothing is wrong with the event.
        try Task.checkCancellation()
        let failed = deliveries[delivered.count]
        let now = relay.now()
        let record = failed.record.adding(error, at: now)
        let failure = DeliveryLog.Failure(
            delivery: failed, error: error, record: record, failedAt: now,
            nextAttempt: schedule.nextAttempt(after: error, record, now: now))
        return (delivered, failure)
    }

    private mutating func note(delivered count: Int, _ failure: DeliveryLog.Failure?) {
        if count > 0 { failures = 0 }
        guard let failure else { return }
        if failure.error.isTransient { failures += 1 }
        let isOver = failure.nextAttempt == nil
        // Once when it begins and once when it ends; an outage has many attempts.
        guard isOver || failure.record.count == 1 else { return }
        relay.logger.log(
            level: isOver ? .error : .warning, isOver ? "Event set aside" : "Event waits",
            metadata: [
                "frontdesk.subscriber": "\(log.subscriber)",
                "frontdesk.event.position": "\(failure.delivery.position)",
                "frontdesk.event.name": "\(failure.delivery.event.name)",
                "error.code": "\(failure.error.code)", "error.message": "\(failure.error.message)",
            ])
    }

    private func pause() async throws {
        try await relay.sleep(schedule.pause(after: failures, atMost: Self.longestPause))
    }
}
