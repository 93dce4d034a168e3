import Contracts
import Testing

@testable import Jobs

/// What a process claims, reports and keeps.
@Suite struct HeldJobsTests {
    private var held: HeldJobs

    init() {
        held = HeldJobs()
        held.worker = 1
        held.noteReady()
    }

    private mutating func request() -> HeldJobs.Request? {
        held.nextRequest(concurrency: 8, maximumHeld: 64)
    }

    // The macros take no mutating call.
    private mutating func mustAsk() throws -> HeldJobs.Request {
        let request = request()
        return try #require(request)
    }

    private mutating func begin() throws -> ClaimedJob {
        let job = held.next(for: 1)
        return try #require(job)
    }

    private mutating func finish(_ job: ClaimedJob) -> Bool {
        held.finish(JobReport(lease: job.lease, outcome: .done))
    }

    /// Claims what may be claimed of many jobs, and does the first `finished` of them.
    private mutating func round(claiming claims: Int, finishing finished: Int = 0, from number: Int64 = 1)
        throws
    {
        let request = try mustAsk()
        #expect(request.claims == claims)
        held.succeeded(request, claimed: (0..<request.claims).map { .sample(number + Int64($0)) })
        held.fillSlots(concurrency: 1) { _ in Task {} }
        for _ in 0..<finished {
            let isHeld = try finish(begin())
            #expect(isHeld)
        }
    }

    @Test mutating func slowJobsAreNotHeldBackFromOthers() throws {
        try round(claiming: 8)
        let none = request()
        #expect(none == nil)
    }

    @Test mutating func fastJobsAreClaimedInEverLargerBatches() throws {
        try round(claiming: 8, finishing: 8)
        // 8 and twice the 8 that were done meanwhile.
        try round(claiming: 24, finishing: 24, from: 100)
        try round(claiming: 56, finishing: 56, from: 200)
        try round(claiming: 64, from: 300)
    }

    @Test mutating func nothingIsClaimedWhenTheQueueWasFoundEmptyAndNobodyRang() throws {
        let first = try mustAsk()
        held.succeeded(first, claimed: [.sample(1)])
        let none = request()
        #expect(none == nil)
        held.noteReady()
        let claims = try mustAsk().claims
        #expect(claims == 7)
    }

    @Test mutating func unregisteredWorkerAsksForNothing() {
        held.worker = nil
        let none = request()
        #expect(none == nil)
    }

    @Test mutating func afterAFailureTheSameIsReportedAndUnknownClaimsAreGivenBack() throws {
        try round(claiming: 8, finishing: 2)
        let failing = try mustAsk()
        #expect(failing.reports.count == 2 && failing.known == nil)
        held.failed(failing)
        let next = try mustAsk()
        #expect(next.reports.map(\.lease) == failing.reports.map(\.lease))
        #expect(next.known?.sorted() == Array(1...8))
        held.succeeded(next, claimed: [])
        #expect(held.leases.count == 6)
    }

    @Test mutating func lostLeaseCantBeReported() throws {
        try round(claiming: 8)
        let job = try begin()
        let running = held.loseAll()
        #expect(running.count == 1)
        let isHeld = finish(job)
        #expect(!isHeld)
        // And whoever did it does no other.
        let next = held.next(for: 1)
        #expect(next == nil)
    }

    @Test mutating func claimInANameThatWasDeclaredDeadIsNotKept() throws {
        let request = try mustAsk()
        held.worker = 2
        held.succeeded(request, claimed: [.sample(1)])
        #expect(held.leases.isEmpty)
    }

    @Test mutating func whatHasNotBegunIsGivenBackAtTheEnd() throws {
        try round(claiming: 8, finishing: 1)
        let running = try begin()
        held.stopTaking()
        let reports = held.takeReports()
        #expect(reports.first?.outcome == .done)
        #expect(reports.dropFirst().map(\.outcome) == Array(repeating: .givenBack, count: 6))
        #expect(!reports.map(\.lease).contains(running.lease))
    }
}

extension ClaimedJob {
    static func sample(_ number: Int64) -> ClaimedJob {
        ClaimedJob(
            lease: JobLease(number: number, token: 1, attempt: 1), name: "chat.sample.v1", payload: "{}",
            requestID: "test-request", traceparent: nil)
    }
}
