import Contracts

/// What a process holds and does: a state machine without I/O.
struct HeldJobs {
    /// `nil` while it isn't registered, or has learned that it was declared dead.
    var worker: Int64?
    /// Waiting here, running, or finished and not yet reported.
    private(set) var leases: [Int64: JobLease] = [:]
    private var waiting: ArraySlice<ClaimedJob> = []
    private var slots: [Int: Task<Void, Never>] = [:]
    private var slotCount = 0
    private var reports: [JobReport] = []
    private var reportedLast = 0
    private var mayHaveReady = false
    private var mayHaveDue = false
    /// A transaction failed, and may have taken effect all the same: there may be jobs in our name that we
    /// don't know of.
    private var mayHoldUnknown = false

    /// What one transaction is to do.
    struct Request: Sendable {
        let worker: Int64
        let reports: [JobReport]
        let claims: Int
        let looksForDue: Bool
        /// Everything held, when what else is in our name is to be given back.
        let known: [Int64]?
    }

    /// - Returns: `nil` when there is nothing to do.
    mutating func nextRequest(concurrency: Int, maximumHeld: Int) -> Request? {
        guard let worker else { return nil }
        // Jobs are held back from other processes while they wait here, so no more are taken than will be
        // done in about the time of a transaction: twice as many as were done in the last.
        let window = min(maximumHeld, concurrency + 2 * max(reports.count, reportedLast))
        let room = max(0, window - (leases.count - reports.count))
        let claims = mayHaveReady || mayHaveDue ? room : 0
        let looksForDue = mayHaveDue && claims > 0
        guard !reports.isEmpty || claims > 0 || mayHoldUnknown else { return nil }
        let request = Request(
            worker: worker, reports: reports, claims: claims, looksForDue: looksForDue,
            known: mayHoldUnknown ? Array(leases.keys) : nil)
        reportedLast = reports.count
        reports = []
        if claims > 0 { mayHaveReady = false }
        if looksForDue { mayHaveDue = false }
        mayHoldUnknown = false
        return request
    }

    mutating func succeeded(_ request: Request, claimed: [ClaimedJob]) {
        // Declared dead meanwhile: what was claimed in the old name is lost, and will be found so.
        guard worker == request.worker else { return }
        for report in request.reports where leases[report.lease.number] == report.lease {
            leases[report.lease.number] = nil
        }
        for job in claimed { leases[job.lease.number] = job.lease }
        waiting += claimed
        if request.claims > 0, claimed.count == request.claims { mayHaveReady = true }
        if request.known != nil { mayHaveReady = true }
    }

    mutating func failed(_ request: Request) {
        guard worker == request.worker else { return }
        putBack(request.reports)
        if request.claims > 0 { mayHaveReady = true }
        if request.looksForDue { mayHaveDue = true }
        mayHoldUnknown = true
    }

    mutating func noteReady() { mayHaveReady = true }

    mutating func noteDue() {
        mayHaveReady = true
        mayHaveDue = true
    }

    /// Somebody else has what was held, or soon will.
    /// - Returns: What runs and is to be cancelled.
    mutating func loseAll() -> [Task<Void, Never>] {
        defer { slots = [:] }
        leases = [:]
        waiting = []
        reports = []
        mayHoldUnknown = true
        return Array(slots.values)
    }

    // MARK: Slots

    /// Fills empty slots; each task does one job after another until none waits.
    mutating func fillSlots(concurrency: Int, make: (_ slot: Int) -> Task<Void, Never>) {
        var unmet = waiting.count
        while slots.count < concurrency, unmet > 0 {
            slotCount += 1
            slots[slotCount] = make(slotCount)
            unmet -= 1
        }
    }

    /// - Returns: `nil` when the slot is to end.
    mutating func next(for slot: Int) -> ClaimedJob? {
        guard slots[slot] != nil, let job = waiting.popFirst() else {
            slots[slot] = nil
            return nil
        }
        return job
    }

    /// - Returns: `false` when the lease was lost meanwhile.
    mutating func finish(_ report: JobReport) -> Bool {
        guard leases[report.lease.number] == report.lease else { return false }
        reports.append(report)
        return true
    }

    // MARK: The end

    var isIdle: Bool { slots.isEmpty }

    /// Gives back what hasn't begun.
    mutating func stopTaking() {
        for job in waiting { reports.append(JobReport(lease: job.lease, outcome: .givenBack)) }
        waiting = []
    }

    mutating func takeReports() -> [JobReport] {
        defer { reports = [] }
        return reports
    }

    mutating func putBack(_ unreported: [JobReport]) {
        reports = unreported + reports
    }

    /// - Returns: What still runs.
    mutating func cutOff() -> [Task<Void, Never>] {
        defer { slots = [:] }
        return Array(slots.values)
    }
}
