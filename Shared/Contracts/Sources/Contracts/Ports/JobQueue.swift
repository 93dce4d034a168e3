/// A service's work for later, written down in its own database: what is committed is done at least once,
/// whatever crashes meanwhile. What runs for as long as the process lives is a ``Job``; what waits here,
/// is done and is gone again is a ``QueuedJob``.
///
/// Whoever does a job holds a lease on it. When its holder falls silent the job goes to somebody else, under a
/// higher number, and the first can't finish it any more.
public protocol JobQueue: Sendable {
    /// Writes a job down, to be done once `transaction` is committed; undone with it.
    /// - Returns: `false` when a job of this kind with the same ``JobOrder/key`` waits already: that one
    ///   stands as it is, and this one is not written.
    @discardableResult
    func enqueue<J: QueuedJob>(
        _ job: J, _ order: JobOrder, _ context: MessageContext, in transaction: any SQLTransaction
    ) throws -> Bool

    /// Ends a job in the same transaction as its effects: both are there after a crash, or neither. A
    /// handler that has no effect on this database needn't call it: returning ends its job.
    /// - Throws: ``ServiceError/leaseLost`` when somebody else holds the job by now or has done it. Let it
    ///   pass: it undoes the effects too.
    func complete(_ lease: JobLease, in transaction: any SQLTransaction) throws

    /// Jobs that were given up, oldest first.
    /// - Parameters:
    ///   - number: Only what comes after it; 0 for all.
    ///   - limit: At most this many.
    func dead(after number: Int64, limit: Int) async throws -> [DeadJob]

    /// Lets a job that was given up begin anew, with all its attempts before it. When one with the same key
    /// waits, that one stands for both.
    /// - Returns: `false` when no dead job has this number.
    func redrive(_ number: Int64) async throws -> Bool
}

/// A kind of job, and what it is about: plain data, readable by the next version of the program.
public protocol QueuedJob: Codable, Sendable {
    /// Service, verb and version: `notification.mail_transcript.v1`. Stable: it stands in the database.
    static var name: String { get }
    static var retries: JobRetries { get }
    /// After this an attempt is cancelled and counts as failed.
    static var timeLimit: Duration { get }
}

extension QueuedJob {
    public static var retries: JobRetries { JobRetries() }
    public static var timeLimit: Duration { .seconds(60) }
}

/// How often a job is tried, and how long it rests in between.
public struct JobRetries: Sendable, Hashable {
    /// After this many failures the job is dead: set aside, with the reason. An error that can't pass by
    /// itself (see ``ServiceError/isTransient``) ends it at once.
    public let maximumAttempts: Int
    public let firstDelay: Duration
    public let longestDelay: Duration

    public init(
        maximumAttempts: Int = 20, firstDelay: Duration = .seconds(1), longestDelay: Duration = .seconds(3600)
    ) {
        precondition(maximumAttempts > 0)
        self.maximumAttempts = maximumAttempts
        self.firstDelay = firstDelay
        self.longestDelay = longestDelay
    }

    /// Full jitter: anywhere between nothing and the bound, which doubles.
    /// Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    /// - Parameter random: From 0 up to 1.
    public func delay(after attempts: Int, random: Double) -> Duration {
        min(longestDelay, firstDelay * (1 << min(max(attempts - 1, 0), 30))) * random
    }
}

/// What is wanted of one job.
public struct JobOrder: Sendable, Hashable {
    /// Jobs of a higher priority begin before all others that wait; among equals the older one.
    public var priority: JobPriority
    /// While a job waits, another one of the same kind and key isn't written. Once it runs, the next is: what
    /// it reads may have changed after it looked. So the key has to say all that the job says.
    public var key: String?
    /// By the wall clock, to the second; `nil`: at once.
    public var runAt: Instant?

    public init(priority: JobPriority = .normal, key: String? = nil, runAt: Instant? = nil) {
        self.priority = priority
        self.key = key
        self.runAt = runAt
    }
}

public enum JobPriority: Int, Sendable, Hashable, CaseIterable {
    case low = -10
    case normal = 0
    case high = 10
}

/// The right to do one job, until its holder is thought dead.
public struct JobLease: Sendable, Hashable {
    /// The job's own, and its place among those that wait.
    public let number: Int64
    /// The fencing number: whoever gets the job later gets a higher one.
    public let token: Int64
    /// 1 the first time.
    public let attempt: Int

    public init(number: Int64, token: Int64, attempt: Int) {
        self.number = number
        self.token = token
        self.attempt = attempt
    }
}

/// A job that was given up.
public struct DeadJob: Sendable, Hashable {
    public let number: Int64
    /// ``QueuedJob/name``
    public let name: String
    public let key: String?
    public let attempts: Int
    /// Of the last failure.
    public let code: String
    public let reason: String
    public let enqueuedAt: Instant
    public let diedAt: Instant
    public let requestID: String

    public init(
        number: Int64, name: String, key: String?, attempts: Int, code: String, reason: String,
        enqueuedAt: Instant, diedAt: Instant, requestID: String
    ) {
        self.number = number
        self.name = name
        self.key = key
        self.attempts = attempts
        self.code = code
        self.reason = reason
        self.enqueuedAt = enqueuedAt
        self.diedAt = diedAt
        self.requestID = requestID
    }
}

extension ServiceError {
    /// A job was about to be finished by somebody who doesn't hold it any more.
    public static let leaseLost = ServiceError(
        .conflict, code: "jobs.lease_lost",
        "The job's lease ran out, and it is somebody else's now or done. Nothing was changed."
    )
}
