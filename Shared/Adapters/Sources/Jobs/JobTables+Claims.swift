import Contracts

extension SQLTransaction {
    /// Everything that a process has to tell the queue and wants from it.
    func exchange(
        _ request: HeldJobs.Request, _ runner: JobRunner, names: [String]
    ) throws -> [ClaimedJob] {
        if request.claims > 0 { try takeTurn() }
        try apply(request.reports)
        if let known = request.known { try giveBackAll(of: request.worker, but: known) }
        if request.looksForDue {
            try releaseDue(at: runner.now(), limit: 1000)
            for (name, job) in runner.table.recurring.sorted(by: { $0.key < $1.key })
            where try takeOccurrence(of: name, job.recurrence, runner.now) {
                let context = MessageContext(
                    principal: .service(runner.table.service), requestID: "recurring-\(runner.now())")
                try job.enqueue(runner.queue, context, self)
            }
        }
        return try claim(request.claims, for: request.worker, names: names)
    }

    /// Takes up to `limit` jobs for a worker, the first to be begun first. A worker that was declared dead
    /// gets none: nobody would notice its end a second time.
    func claim(_ limit: Int, for worker: Int64, names: [String]) throws -> [ClaimedJob] {
        guard limit > 0, !names.isEmpty else { return [] }
        let rows =
            switch dialect {
            case .postgres: try claimInTurn(limit, for: worker, names: names)
            case .sqlite: try claimAlone(limit, for: worker, names: names)
            }
        return try rows.map(Claim.init).sorted { $0.isBefore($1) }.map(\.job)
    }

    private func claimInTurn(_ limit: Int, for worker: Int64, names: [String]) throws -> [SQLRow] {
        try query(
            """
            WITH next AS (
                SELECT number FROM jobs
                WHERE state = 'ready' AND name IN (\(SQL.list(names)))
                    AND EXISTS (SELECT 1 FROM job_workers WHERE number = \(worker))
                ORDER BY priority DESC, number LIMIT \(limit) FOR UPDATE OF jobs SKIP LOCKED
            )
            UPDATE jobs SET state = 'running', worker = \(worker), attempts = attempts + 1,
                token = (SELECT nextval('job_tokens'))
            FROM next WHERE jobs.number = next.number
            RETURNING jobs.number, jobs.token, attempts, priority, name, payload, request_id, traceparent
            """)
    }

    /// SQLite has one writer at a time: nothing to lock, nothing to skip.
    private func claimAlone(_ limit: Int, for worker: Int64, names: [String]) throws -> [SQLRow] {
        let rows = try query(
            """
            UPDATE jobs SET state = 'running', worker = \(worker), attempts = attempts + 1,
                token = (SELECT last + 1 FROM job_tokens)
            WHERE number IN (
                SELECT number FROM jobs
                WHERE state = 'ready' AND name IN (\(SQL.list(names)))
                    AND EXISTS (SELECT 1 FROM job_workers WHERE number = \(worker))
                ORDER BY priority DESC, number LIMIT \(limit)
            )
            RETURNING number, token, attempts, priority, name, payload, request_id, traceparent
            """)
        if !rows.isEmpty { try execute("UPDATE job_tokens SET last = last + 1") }
        return rows
    }

    /// Has to be the first thing in a transaction that claims.
    ///
    /// A serializable transaction that waited for a row would fail on it, so who claims waits before its view
    /// of the data is fixed: taking a table's lock doesn't fix it yet (PostgreSQL 15, LOCK, Description). And
    /// the predicate locks of a sequential scan would conflict with every change of every job.
    private func takeTurn() throws {
        guard dialect == .postgres else { return }
        try executeScript("SET LOCAL enable_seqscan = off; LOCK TABLE job_claims IN EXCLUSIVE MODE")
    }
}

/// A claimed job, and its place: neither database returns changed rows in an order.
private struct Claim {
    let priority: Int
    let job: ClaimedJob

    init(_ row: SQLRow) throws {
        priority = try row.value("priority")
        job = ClaimedJob(
            lease: JobLease(
                number: try row.value("number"), token: try row.value("token"),
                attempt: try row.value("attempts")),
            name: try row.value("name"), payload: try row.value("payload"),
            requestID: try row.value("request_id"), traceparent: try row.value("traceparent"))
    }

    func isBefore(_ other: Claim) -> Bool {
        priority == other.priority ? job.lease.number < other.job.lease.number : priority > other.priority
    }
}
