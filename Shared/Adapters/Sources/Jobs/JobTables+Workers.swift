import Contracts

/// A worker as another sees it.
struct WorkerSighting: Sendable, Hashable {
    let worker: Int64
    let heartbeat: Int64
}

extension SQLTransaction {
    /// - Parameter isAlone: Whether every other worker is of an earlier run, and so dead.
    /// - Returns: The new worker's number.
    func register(isAlone: Bool, at time: Instant) throws -> Int64 {
        if isAlone { try execute("DELETE FROM job_workers") }
        let row = try first("INSERT INTO job_workers (heartbeat) VALUES (0) RETURNING number")
        guard let row else { throw ServiceError.internal }
        try requeueOrphans(at: time)
        return try row.value("number")
    }

    /// - Returns: `false` when somebody has declared this worker dead.
    func beat(_ worker: Int64) throws -> Bool {
        try execute("UPDATE job_workers SET heartbeat = heartbeat + 1 WHERE number = \(worker)") == 1
    }

    /// Declares a worker dead, unless its heart has beaten since.
    func bury(_ silent: WorkerSighting, at time: Instant) throws {
        let isDead = try execute(
            "DELETE FROM job_workers WHERE number = \(silent.worker) AND heartbeat = \(silent.heartbeat)")
        if isDead == 1 { try requeueOrphans(at: time) }
    }

    /// The end of a worker that knows of it.
    func leave(_ worker: Int64) throws {
        try giveBackAll(of: worker)
        try execute("DELETE FROM job_workers WHERE number = \(worker)")
    }
}

extension SQLTransaction {
    /// Notes when a job recurs; begins anew when that has changed.
    func schedule(_ name: String, _ recurrence: Recurrence, at time: Instant) throws {
        try execute(
            """
            INSERT INTO job_schedules (name, recurrence, next_at)
            VALUES (\(name), \("\(recurrence)"), \(recurrence.next(after: time)))
            ON CONFLICT (name) DO UPDATE SET recurrence = excluded.recurrence, next_at = excluded.next_at
            WHERE job_schedules.recurrence <> excluded.recurrence
            """)
    }

    /// Whether an occurrence has come; who is told so has it for itself.
    func takeOccurrence(of name: String, _ recurrence: Recurrence, _ now: () -> Instant) throws -> Bool {
        guard let row = try first("SELECT next_at FROM job_schedules WHERE name = \(name)") else {
            return false
        }
        let due: Instant = try row.value("next_at")
        // Not before: a time older than what was read would pass for a clock that was set back.
        let time = now()
        guard recurrence.hasCome(due: due, at: time) else { return false }
        let next = recurrence.next(after: time, following: due)
        try execute("UPDATE job_schedules SET next_at = \(next) WHERE name = \(name)")
        return true
    }
}

extension Recurrence {
    /// By how much the clocks of two machines may differ, for an occurrence to be done once.
    static var toleratedSkew: Duration { .seconds(300) }

    /// Also when `due` lies further ahead than it ever can, since the clock was set back.
    func hasCome(due: Instant, at time: Instant) -> Bool {
        if due <= time { return true }
        guard case .every = self else { return false }
        return due > next(after: time) + Self.toleratedSkew
    }

    /// What follows `due`, without what was missed.
    func next(after time: Instant, following due: Instant) -> Instant {
        // From when it was due, not from when that was noticed: so an interval's rhythm doesn't drift.
        let following = next(after: due)
        return following > time && following <= next(after: time) ? following : next(after: time)
    }
}
