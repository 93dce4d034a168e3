import Contracts
import Testing

@testable import Jobs

@Suite struct RecurrenceTests {
    private func instant(_ text: String) throws -> Instant { try #require(Instant(rfc3339: text)) }

    @Test(arguments: [
        ("2026-03-01T03:29:59.999999Z", "2026-03-01T03:30:00Z"),
        ("2026-03-01T03:30:00Z", "2026-03-02T03:30:00Z"),
        ("2026-12-31T23:59:59Z", "2027-01-01T03:30:00Z"),
        ("1969-12-31T04:00:00Z", "1970-01-01T03:30:00Z"),
        ("1969-12-31T03:00:00Z", "1969-12-31T03:30:00Z"),
    ])
    func dailyIsTheNextSuchMinute(now: String, next: String) throws {
        #expect(try Recurrence.daily(hour: 3, minute: 30).next(after: instant(now)) == instant(next))
    }

    @Test func intervalKeepsItsRhythmAndLeavesOutWhatWasMissed() throws {
        let hourly = Recurrence.every(.seconds(3600))
        let due = try instant("2026-03-01T10:00:00Z")
        #expect(
            hourly.next(after: try instant("2026-03-01T10:00:07Z"), following: due)
                == (try instant("2026-03-01T11:00:00Z")))
        #expect(
            hourly.next(after: try instant("2026-03-01T15:20:00Z"), following: due)
                == (try instant("2026-03-01T16:20:00Z")))
    }

    @Test func clockSetBackHoldsUpNoInterval() throws {
        let due = try instant("2026-03-01T10:00:00Z")
        let earlier = try instant("2026-03-01T09:00:00Z")
        #expect(Recurrence.every(.seconds(60)).hasCome(due: due, at: earlier))
        #expect(!Recurrence.every(.seconds(3600)).hasCome(due: due, at: earlier))
        // Another machine's clock is a little ahead, and it has done this occurrence already.
        let slow = try instant("2026-03-01T09:58:00Z")
        #expect(!Recurrence.every(.seconds(60)).hasCome(due: due, at: slow))
        // It was done at its time already.
        #expect(!Recurrence.daily(hour: 10, minute: 0).hasCome(due: due, at: earlier))
    }
}
