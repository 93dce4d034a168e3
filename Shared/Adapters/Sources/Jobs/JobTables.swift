import Contracts

/// What became of a job that was held.
struct JobReport: Sendable {
    let lease: JobLease
    let outcome: Outcome

    enum Outcome: Sendable, Hashable {
        /// Also when it was completed in a transaction of its handler's: then nothing is left to do.
        case done
        case failed(ServiceError, at: Instant, retryAt: Instant)
        case died(ServiceError, at: Instant)
        /// Not begun, or broken off for a reason that isn't the job's.
        case givenBack
    }
}

/// A job that this process holds.
struct ClaimedJob: Sendable {
    let lease: JobLease
    let name: String
    let payload: String
    let requestID: String
    let traceparent: String?
}

// Each of these is a part of a transaction. Whatever changes a job that is held names the lease's token, so
// who holds it no more changes nothing.
extension SQLTransaction {
    /// A job that took down its process this often is set aside. More than any number of failures, for a
    /// process can die through no fault of the job's.
    static var maximumLosses: Int { 50 }

    // MARK: Ending

    /// - Returns: How many of them were still held.
    func end(_ leases: [JobLease]) throws -> Int {
        guard !leases.isEmpty else { return 0 }
        switch dialect {
        case .postgres:
            // One statement for any number, and one text for all numbers: its plan is made once.
            return try execute(
                """
                DELETE FROM jobs
                USING unnest(
                    CAST(\(arrayText(leases.map(\.number))) AS bigint[]),
                    CAST(\(arrayText(leases.map(\.token))) AS bigint[])
                ) AS ended (number, token)
                WHERE jobs.number = ended.number AND jobs.token = ended.token AND jobs.state = 'running'
                """)
        case .sqlite:
            return try leases.reduce(0) { count, lease in
                try count + execute("DELETE FROM jobs WHERE \(held(lease))")
            }
        }
    }

    func apply(_ reports: [JobReport]) throws {
        _ = try end(reports.filter { $0.outcome == .done }.map(\.lease))
        for report in reports where report.outcome != .done { try apply(report) }
    }

    private func apply(_ report: JobReport) throws {
        switch report.outcome {
        case .done:
            _ = try end([report.lease])
        case .failed(let error, let failedAt, let retryAt):
            try requeue(
                where: held(report.lease),
                """
                state = 'scheduled', run_at = \(retryAt), worker = NULL, token = NULL,
                code = \(error.code), reason = \(error.message), failed_at = \(failedAt)
                """)
        case .died(let error, let failedAt):
            try execute(
                """
                UPDATE jobs SET state = 'dead', worker = NULL, token = NULL,
                    code = \(error.code), reason = \(error.message), failed_at = \(failedAt)
                WHERE \(held(report.lease))
                """)
        case .givenBack:
            try requeue(where: held(report.lease), Self.ready)
        }
    }

    private func held(_ lease: JobLease) -> SQL {
        "number = \(lease.number) AND token = \(lease.token) AND state = 'running'"
    }

    private static var ready: SQL {
        "state = 'ready', run_at = NULL, worker = NULL, token = NULL, attempts = attempts - 1"
    }

    // MARK: Back to the queue

    /// Lets jobs wait again. One whose key another has taken meanwhile is dropped: that one stands for both.
    func requeue(where condition: SQL, _ changes: SQL) throws {
        let keyed = try query("SELECT number FROM jobs WHERE \(condition) AND key IS NOT NULL ORDER BY number")
        try execute("UPDATE jobs SET \(changes) WHERE \(condition) AND key IS NULL")
        for row in keyed {
            let number: Int64 = try row.value("number")
            let isTaken = try execute(
                """
                DELETE FROM jobs WHERE number = \(number) AND EXISTS (
                    SELECT 1 FROM jobs AS other
                    WHERE other.name = jobs.name AND other.key = jobs.key AND other.key IS NOT NULL
                        AND other.state IN ('ready', 'scheduled')
                )
                """)
            if isTaken == 0 { try execute("UPDATE jobs SET \(changes) WHERE number = \(number)") }
        }
    }

    /// - Parameter kept: The numbers of those that stay with their worker.
    func giveBackAll(of worker: Int64, but kept: [Int64] = []) throws {
        guard !kept.isEmpty else {
            return try requeue(where: "worker = \(worker) AND state = 'running'", Self.ready)
        }
        let rows = try query("SELECT number FROM jobs WHERE worker = \(worker) AND state = 'running'")
        let unknown = try Set(rows.map { try $0.value("number", as: Int64.self) }).subtracting(kept)
        for number in unknown.sorted() {
            try requeue(where: "number = \(number) AND worker = \(worker)", Self.ready)
        }
    }

    /// Takes from workers that don't exist any more what they held.
    func requeueOrphans(at time: Instant) throws {
        try requeue(
            where: "state = 'running' AND worker NOT IN (SELECT number FROM job_workers)",
            """
            state = CASE WHEN losses + 1 < \(Self.maximumLosses) THEN 'ready' ELSE 'dead' END,
            run_at = NULL, worker = NULL, token = NULL, attempts = attempts - 1, losses = losses + 1,
            code = 'jobs.worker_lost', reason = 'The process that did the job died.', failed_at = \(time)
            """)
    }

    /// Makes ready what is due, the oldest first.
    func releaseDue(at time: Instant, limit: Int) throws {
        try execute(
            """
            UPDATE jobs SET state = 'ready', run_at = NULL WHERE number IN (
                SELECT number FROM jobs WHERE state = 'scheduled' AND run_at <= \(time)
                ORDER BY run_at LIMIT \(limit)
            )
            """)
    }

    private func arrayText(_ numbers: [Int64]) -> String {
        "{" + numbers.map(String.init).joined(separator: ",") + "}"
    }
}
