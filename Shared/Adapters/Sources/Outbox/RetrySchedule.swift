import Contracts

/// When a delivery that failed is tried again, and when it isn't any more.
struct RetrySchedule: Sendable {
    /// A number from 0 up to 1, for jitter.
    let random: @Sendable () -> Double

    /// Something wrong with the event or its reaction doesn't mend itself, but may be a race.
    static let maximumAttempts = 10
    /// An outage ends some day, and what waits for it is kept as long as a mail server keeps mail.
    /// Source: RFC 5321, section 4.5.4.1: "at least 4-5 days".
    static let patience = Duration.seconds(5 * 24 * 3600)
    static let longestPause = Duration.seconds(15 * 60)

    /// - Parameter record: Of all attempts, this failure included.
    /// - Returns: `nil` when it's over.
    func nextAttempt(after failure: ServiceError, _ record: AttemptRecord, now: Instant) -> Instant? {
        guard failure.isTransient else { return nil }
        if failure.isOutage {
            guard let first = record.attempts.first, now < first.at + Self.patience else { return nil }
        } else {
            guard record.count < Self.maximumAttempts else { return nil }
        }
        return now + pause(after: record.count, atMost: Self.longestPause)
    }

    /// Full jitter: anywhere between nothing and the bound, which doubles.
    /// Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    func pause(after failures: Int, atMost longest: Duration) -> Duration {
        min(longest, .milliseconds(250) * (1 << min(failures, 12))) * random()
    }
}

extension ServiceError {
    /// Somebody can't be reached or has no time: nothing is wrong with the message.
    fileprivate var isOutage: Bool {
        switch kind {
        case .unavailable, .deadlineExceeded, .rateLimited, .cancelled: true
        default: false
        }
    }
}

/// What was tried with one delivery.
struct AttemptRecord: Sendable {
    private(set) var count: Int
    /// The first ones, which tell how it began, and the newest; oldest first.
    private(set) var attempts: [DeliveryAttempt]

    private static let keptFirst = 3
    private static let keptAltogether = 20
    private static let maximumMessageLength = 500

    static let none = AttemptRecord(count: 0, attempts: [])

    init(count: Int, attempts: [DeliveryAttempt]) {
        self.count = count
        self.attempts = attempts
    }

    func adding(_ failure: ServiceError, at now: Instant) -> AttemptRecord {
        var record = self
        record.count += 1
        if record.attempts.count == Self.keptAltogether { record.attempts.remove(at: Self.keptFirst) }
        let message = String(failure.message.prefix(Self.maximumMessageLength))
        record.attempts.append(DeliveryAttempt(at: now, code: failure.code, message: message))
        return record
    }
}
