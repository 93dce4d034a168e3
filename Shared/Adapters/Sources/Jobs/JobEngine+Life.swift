import Contracts
import Logging
import Synchronization

extension JobEngine {
    /// Shows that this worker lives, and notices who doesn't.
    func keepAlive() async {
        await register(isAlone: settings.isAlone)
        var watch = LeaseWatch()
        var missed = 0
        while (try? await runner.sleep(settings.heartbeatInterval)) != nil {
            do {
                if try await beat() {
                    try await bury(silent: &watch)
                } else {
                    loseAll(forgetting: true)
                    await register(isAlone: false)
                }
                missed = 0
            } catch {
                missed += 1
                runner.logger.debug("Heartbeat failed", metadata: ["error.message": "\(error)"])
                // Soon another will take over. Two at once would be worse than none.
                if missed >= JobRunner.Settings.missedHeartbeats { loseAll(forgetting: false) }
            }
        }
    }

    private func register(isAlone: Bool) async {
        var failures = 0
        while !Task.isCancelled {
            let time = runner.now()
            do {
                let worker = try await database.transaction { [table = runner.table] transaction in
                    for (name, job) in table.recurring.sorted(by: { $0.key < $1.key }) {
                        try transaction.schedule(name, job.recurrence, at: time)
                    }
                    return try transaction.register(isAlone: isAlone, at: time)
                }
                held.withLock {
                    $0.worker = worker
                    $0.noteDue()
                }
                waking.yield()
                return
            } catch {
                failures += 1
                await rest(after: failures, error)
            }
        }
    }

    private func beat() async throws -> Bool {
        guard let worker = held.withLock({ $0.worker }) else { return false }
        // A database that hangs is as bad as one that is away.
        return try await Deadline.enforce(Deadline(in: settings.heartbeatInterval / 5)) { [database] in
            try await database.transaction { try $0.beat(worker) }
        }
    }

    private func bury(silent watch: inout LeaseWatch) async throws {
        let own = held.withLock { $0.worker } ?? 0
        let sightings = try await database.query(
            "SELECT number, heartbeat FROM job_workers WHERE number <> \(own)"
        ).map { WorkerSighting(worker: try $0.value("number"), heartbeat: try $0.value("heartbeat")) }
        let time = runner.now()
        for sighting in watch.look(at: sightings, silentLooks: JobRunner.Settings.silentLooks) {
            runner.logger.notice("Worker died", metadata: ["jobs.worker": "\(sighting.worker)"])
            try await database.transaction { try $0.bury(sighting, at: time) }
            lookAgain()
        }
    }

    private func loseAll(forgetting: Bool) {
        let running = held.withLock { held in
            if forgetting { held.worker = nil }
            return held.loseAll()
        }
        for task in running { task.cancel() }
        waking.yield()
    }

    // MARK: Looking

    /// For what nobody rings for. Only reads, so that a service with nothing to do doesn't write.
    func keepLooking() async {
        while (try? await runner.sleep(settings.pollInterval)) != nil {
            // A database that is away will be asked again.
            guard (try? await findsSomething()) == true else { continue }
            held.withLock { $0.noteDue() }
            waking.yield()
        }
    }

    private func findsSomething() async throws -> Bool {
        let time = runner.now()
        let found = try await database.query(
            """
            SELECT 1 AS found
            WHERE EXISTS (SELECT 1 FROM jobs WHERE state = 'ready' AND name IN (\(SQL.list(names))))
                OR EXISTS (SELECT 1 FROM jobs WHERE state = 'scheduled' AND run_at <= \(time))
            """)
        guard found.isEmpty, !runner.table.recurring.isEmpty else { return !found.isEmpty }
        return try await database.query("SELECT name, next_at FROM job_schedules").contains { row in
            guard let job = runner.table.recurring[try row.value("name")] else { return false }
            return try job.recurrence.hasCome(due: row.value("next_at"), at: runner.now())
        }
    }
}
