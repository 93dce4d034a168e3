import Contracts
import ContractsTesting
import Testing

@testable import Outbox

@Suite struct RetryScheduleTests {
    private let start = TestClock().now()
    private let schedule = RetrySchedule(random: { 0.5 })

    private func record(_ count: Int, of failure: ServiceError) -> AttemptRecord {
        (0..<count).reduce(.none) { record, _ in record.adding(failure, at: start) }
    }

    @Test func pausesDoubleUpToAQuarterOfAnHour() {
        let pauses = (1...14).map { attempts in
            schedule.nextAttempt(
                after: .databaseUnavailable, record(attempts, of: .databaseUnavailable), now: start)
        }
        let milliseconds = [500, 1000, 2000, 4000, 8000, 16000, 32000, 64000, 128_000, 256_000, 512_000]
        #expect(
            pauses == milliseconds.map { start + .milliseconds($0 / 2) }
                + Array(repeating: start + .seconds(450), count: 3))
    }

    @Test func outageIsWaitedOutForFiveDaysHoweverOftenItFails() {
        let record = record(1000, of: .deadlineExceeded)
        let almost = start + .seconds(5 * 24 * 3600 - 1)
        #expect(schedule.nextAttempt(after: .deadlineExceeded, record, now: almost) != nil)
        #expect(schedule.nextAttempt(after: .deadlineExceeded, record, now: almost + .seconds(1)) == nil)
    }

    @Test(arguments: [ServiceError.internal, .concurrentChange])
    func whatMayBeARaceIsTriedTenTimes(failure: ServiceError) {
        #expect(schedule.nextAttempt(after: failure, record(9, of: failure), now: start) != nil)
        #expect(schedule.nextAttempt(after: failure, record(10, of: failure), now: start) == nil)
    }

    @Test func whatNeverSucceedsIsTriedOnce() {
        let failure = ServiceError(.invalid, code: "bus.unreadable_event", "Unreadable.")
        #expect(schedule.nextAttempt(after: failure, record(1, of: failure), now: start) == nil)
    }

    @Test func ofManyAttemptsTheFirstAndTheNewestAreKept() {
        var record = AttemptRecord.none
        for number in 1...100 {
            record = record.adding(
                ServiceError(.internal, code: "\(number)", String(repeating: "x", count: 10_000)), at: start)
        }
        #expect(record.count == 100)
        #expect(record.attempts.map(\.code) == (Array(1...3) + Array(84...100)).map(String.init))
        #expect(record.attempts.allSatisfy { $0.message.count == 500 })
    }
}
