import FoundationEssentials

/// The jobs that one service does from its ``JobQueue``, and those that come round by themselves; filled by
/// the module's `registerJobs(on:)`.
public struct JobTable: Sendable {
    public let service: ServiceName
    public private(set) var handlers: [String: JobHandler] = [:]
    public private(set) var recurring: [String: RecurringJob] = [:]

    public init(service: ServiceName) {
        self.service = service
    }

    /// Registers who does the jobs of a kind. A handler is cancelled when its time is over, when the process
    /// shuts down, and when its lease is lost; it may be called again with the same job.
    public mutating func handle<J: QueuedJob>(
        _: J.Type, with handler: @escaping @Sendable (J, JobLease, MessageContext) async throws -> Void
    ) {
        precondition(ServiceName(owning: J.name) == service, "\(J.name) doesn't belong to \(service)")
        precondition(handlers[J.name] == nil, "\(J.name) is registered twice")
        handlers[J.name] = JobHandler(retries: J.retries, timeLimit: J.timeLimit) { payload, lease, context in
            try await handler(decodeJob(J.self, from: payload), lease, context)
        }
    }

    /// Has `job` done again and again: once an occurrence, however many processes serve this service.
    /// An occurrence that comes while an earlier one still waits is left out, and so are all but one of those
    /// that were missed while nobody ran.
    public mutating func recur<J: QueuedJob>(_ recurrence: Recurrence, _ job: J) {
        precondition(handlers[J.name] != nil, "\(J.name) has no handler to do it")
        precondition(recurring[J.name] == nil, "\(J.name) recurs twice")
        recurring[J.name] = RecurringJob(recurrence: recurrence) { queue, context, transaction in
            try queue.enqueue(job, JobOrder(key: "recurring"), context, in: transaction)
        }
    }
}

/// Who does the jobs of one kind, its type forgotten.
public struct JobHandler: Sendable {
    public let retries: JobRetries
    public let timeLimit: Duration
    /// Gets the job as JSON text.
    public let run: @Sendable (_ payload: String, JobLease, MessageContext) async throws -> Void
}

/// A job that comes round by itself.
public struct RecurringJob: Sendable {
    public let recurrence: Recurrence
    public let enqueue: @Sendable (any JobQueue, MessageContext, any SQLTransaction) throws -> Void
}

/// When something comes round, by the wall clock.
public enum Recurrence: Sendable, Hashable {
    case every(Duration)
    /// Once a day, in UTC.
    case daily(hour: Int, minute: Int)

    /// The first time after `instant`.
    public func next(after instant: Instant) -> Instant {
        switch self {
        case .every(let interval):
            return instant + interval
        case .daily(let hour, let minute):
            let day = Int64(86_400_000_000)
            let offset = Int64(hour * 60 + minute) * 60_000_000
            let past = instant.microsecondsSinceEpoch - offset
            let days = past >= 0 ? past / day : (past - day + 1) / day
            return Instant(microsecondsSinceEpoch: (days + 1) * day + offset)
        }
    }
}

private func decodeJob<J: QueuedJob>(_: J.Type, from payload: String) throws(ServiceError) -> J {
    do {
        return try JSONDecoder().decode(J.self, from: Data(payload.utf8))
    } catch {
        // What is wrong, without what stands there: the error goes to logs and lists.
        throw ServiceError(
            .invalid, code: "jobs.unreadable_payload",
            "A job \(J.name) can't be read: it was written by another version of the program."
        )
    }
}
