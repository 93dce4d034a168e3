import Contracts
import ContractsTesting
import Dispatch
import FoundationEssentials
import SQLite
import Synchronization
import Testing

@testable import Outbox

private let outage = ServiceError(.unavailable, code: "smtp.down", "The mail server is down.")

extension PersistenceTests {
    @Suite struct RelayTests {
        @Test(arguments: OutboxRig.databases)
        func everySubscriberGetsEverythingInOrder(database: DatabaseRig) async throws {
            try await OutboxRig.run(on: database) { rig async throws in
                // More than one batch, before and after the relay starts.
                try await rig.record(1...150)
                let (ai, analytics) = (Record<Int>(), Record<Int>())
                try await rig.relaying([.ai: ai.taking(), .analytics: analytics.taking()]) { _ async throws in
                    try await ai.reaches(150)
                    try await rig.record(151...400)
                    for record in [ai, analytics] {
                        try await record.reaches(400)
                        #expect(record.items == Array(1...400))
                    }
                }
            }
        }

        /// PostgreSQL gives out positions before it commits them: a cursor must not pass over one that is
        /// still under way.
        @Test(withPostgres) func laterPositionWaitsForTheEarlierToCommit() async throws {
            try await OutboxRig.run(on: .postgres) { rig async throws in
                let taken = Record<Int>()
                let isHeld = Gate()
                let mayCommit = DispatchSemaphore(value: 0)
                async let first: Void = rig.database.transaction { transaction in
                    let recording = RecordingTransaction(
                        transaction, .sample(), now: rig.clock.now(), makeUUID: { UUID() })
                    try recording.append(Noted(number: 1), to: .first, sequence: 1)
                    _ = try recording.record(audited: [])
                    isHeld.open()
                    #expect(mayCommit.wait(timeout: .now() + 20) == .success)
                }
                try await isHeld.wait()
                async let second: Void = rig.record([2], of: .second)
                try await rig.relaying([.ai: taken.taking()]) { relay async throws in
                    defer { mayCommit.signal() }
                    try await relay.poll(every: .zero, of: rig.clock) {
                        let waiting = try await rig.database.query(
                            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
                        let isCommitted = try await rig.history(of: .second).count == 1
                        return !waiting.isEmpty || isCommitted
                    }
                    #expect(try await rig.history(of: .second).isEmpty)
                }
                try await first
                try await second
                try await rig.relaying([.ai: taken.taking()]) { _ async throws in
                    try await taken.reaches(2)
                    #expect(taken.items == [1, 2])
                }
            }
        }

        @Test(arguments: OutboxRig.databases)
        func crashAfterTheDeliveryDeliversAgain(database: DatabaseRig) async throws {
            try await OutboxRig.run(on: database) { rig async throws in
                try await rig.record(1...10)
                let (first, second) = (Record<Int>(), Record<Int>())
                // Takes two, then all the others, and dies before it can say so.
                try await rig.relaying([
                    .ai: { events in
                        guard first.items.count == 2 else {
                            _ = try await first.taking()(Array(events.prefix(2)))
                            return DeliveryReport(delivered: 2)
                        }
                        _ = try await first.taking()(events)
                        try await Gate().wait()
                        return DeliveryReport(delivered: events.count)
                    }
                ]) { _ in try await first.reaches(10) }
                try await rig.relaying([.ai: second.taking()]) { _ async throws in
                    try await second.reaches(8)
                    #expect(second.items == Array(3...10))
                }
            }
        }

        @Test(arguments: OutboxRig.databases)
        func subscriberThatIsAwayHoldsUpNobodyElse(database: DatabaseRig) async throws {
            try await OutboxRig.run(on: database) { rig async throws in
                let (ai, analytics) = (Record<Int>(), Record<Int>())
                let isBack = Mutex(false)
                try await rig.relaying([
                    .ai: { events in
                        guard isBack.withLock({ $0 }) else { throw ServiceError.databaseUnavailable }
                        return try await ai.taking()(events)
                    },
                    .analytics: analytics.taking(),
                ]) { relay async throws in
                    try await rig.record(1...5)
                    try await analytics.reaches(5)
                    // Being away is no event's fault: far more often than an event may fail.
                    try await relay.pauses.reaches(30)
                    isBack.withLock { $0 = true }
                    try await ai.reaches(5)
                    #expect(ai.items == Array(1...5))
                    #expect(try await rig.deadLetters() == [])
                    #expect(try await rig.parked() == [:])
                }
            }
        }

        @Test func subscriberIsAskedOnceAPollWhatItReactsTo() async throws {
            try await OutboxRig.run(on: .sqlite) { rig async throws in
                let taken = Record<Int>()
                let bus = Subscribers([.ai: taken.taking()])
                bus.names.withLock { $0 = ["chat.other.v1"] }
                try await rig.relaying(over: bus) { relay async throws in
                    for number in 1...20 { try await rig.record([number]) }
                    bus.names.withLock { $0 = [Noted.name] }
                    // A reaction deployed meanwhile is noticed with the next poll.
                    try await relay.poll()
                    try await taken.reaches(20)
                    for number in 21...40 { try await rig.record([number]) }
                    try await taken.reaches(40)
                    #expect(taken.items == Array(1...40))
                    #expect(bus.asked.items.count { $0 == .ai } == 2)
                }
            }
        }

        @Test func relayReturnsWhenItIsCancelled() async throws {
            try await OutboxRig.run(on: .sqlite) { rig async throws in
                try await rig.record(1...1)
                let tried = Gate()
                let relay = Task {
                    try await rig.relay(
                        Subscribers([
                            .ai: { _ in
                                tried.open()
                                throw ServiceError.databaseUnavailable
                            }
                        ]), sleep: { _ in try await Gate().wait() }
                    ).run()
                }
                try await within { try await tried.wait() }
                relay.cancel()
                // A job that throws would end the process.
                try await within { try await relay.value }
            }
        }
    }

    @Suite struct FailedDeliveryTests {
        @Test(arguments: OutboxRig.databases)
        func failedEventWaitsWithItsAggregateAndAllOthersFlowOn(database: DatabaseRig) async throws {
            try await OutboxRig.run(on: database) { rig async throws in
                let taken = Record<Int>()
                let isDown = Mutex(true)
                try await rig.relaying([
                    .ai: taken.taking { event, _ in
                        event.aggregate == .first && isDown.withLock { $0 } ? outage : nil
                    }
                ]) { relay async throws in
                    try await rig.record([1, 2], of: .first)
                    try await rig.record([11, 12], of: .second)
                    try await taken.reaches(2)
                    try await rig.record([3], of: .first)
                    try await rig.record([13], of: .second)
                    try await taken.reaches(3)
                    #expect(taken.items == [11, 12, 13])
                    // Too early: nothing is tried again.
                    try await relay.poll()
                    try await rig.record([14], of: .second)
                    try await taken.reaches(4)
                    #expect(try await rig.parked() == [1: 1, 2: 0, 5: 0])

                    isDown.withLock { $0 = false }
                    rig.clock.advance(by: .seconds(1))
                    try await relay.poll()
                    try await rig.record([4], of: .first)
                    try await taken.reaches(8)
                    #expect(taken.items == [11, 12, 13, 14, 1, 2, 3, 4])
                    #expect(try await rig.parked() == [:])
                    #expect(try await rig.deadLetters() == [])
                }
            }
        }

        @Test func outageIsWaitedOutForDays() async throws {
            try await OutboxRig.run(on: .sqlite) { rig async throws in
                try await rig.record([1])
                try await rig.relaying([.ai: Record<Int>().taking { _, _ in outage }]) { relay async throws in
                    for attempts in 1...120 {
                        try await relay.poll(every: .zero, of: rig.clock) {
                            try await rig.parked()[1] == attempts
                        }
                        rig.clock.advance(by: .seconds(3600))
                    }
                    #expect(try await rig.deadLetters() == [])
                    try await relay.poll(every: .zero, of: rig.clock) { try await rig.parked().isEmpty }
                    #expect(try await rig.deadLetters() == ["ai 1 smtp.down 121"])
                }
            }
        }

        @Test(arguments: OutboxRig.databases)
        func whatFailsForNoReasonIsSetAsideAfterTenAttempts(database: DatabaseRig) async throws {
            try await OutboxRig.run(on: database) { rig async throws in
                let (taken, attempts) = (Record<Int>(), Record<Int>())
                try await rig.record(1...5)
                try await rig.relaying([
                    .ai: taken.taking { _, number in
                        if number == 3 { attempts.append(3) }
                        return number == 3 ? .internal : nil
                    }
                ]) { relay async throws in
                    try await relay.poll(every: .seconds(900), of: rig.clock) { taken.items.count == 4 }
                    #expect(taken.items == [1, 2, 4, 5])
                    #expect(attempts.items.count == 10)
                }
                #expect(try await rig.deadLetters() == ["ai 3 internal_error 10"])
            }
        }

        @Test func anyNumberOfPoisonedEventsHoldsUpNobody() async throws {
            try await OutboxRig.run(on: .sqlite) { rig async throws in
                let taken = Record<Int>()
                let unreadable = ServiceError(.invalid, code: "bus.unreadable_event", "Unreadable.")
                try await rig.record(1...51)
                try await rig.relaying([.ai: taken.taking { _, number in number == 51 ? nil : unreadable }]) {
                    relay async throws in
                    try await taken.reaches(1)
                    #expect(relay.pauses.items.isEmpty)
                }
                #expect(try await rig.deadLetters().count == 50)
            }
        }

        @Test(arguments: OutboxRig.databases)
        func eventThatCanNeverSucceedIsSetAsideAtOnce(database: DatabaseRig) async throws {
            try await OutboxRig.run(on: database) { rig async throws in
                let taken = Record<Int>()
                let unreadable = ServiceError(.invalid, code: "bus.unreadable_event", "Unreadable.")
                try await rig.record(1...3)
                try await rig.relaying([.ai: taken.taking { _, number in number == 2 ? unreadable : nil }]) {
                    relay async throws in
                    try await taken.reaches(2)
                    #expect(taken.items == [1, 3])
                    #expect(relay.pauses.items.isEmpty)
                }
                #expect(try await rig.deadLetters() == ["ai 2 bus.unreadable_event 1"])
            }
        }

        @Test func whereEverythingFailsTheLaneSlowsDown() async throws {
            try await OutboxRig.run(on: .sqlite) { rig async throws in
                for number in 1...10 { try await rig.record([1], of: .conversation(number)) }
                try await rig.relaying([.ai: Record<Int>().taking { _, _ in outage }]) { relay async throws in
                    try await relay.pauses.reaches(8)
                    // Three quarters of a bound that doubles to 30 seconds: as the random number says.
                    #expect(
                        relay.pauses.items
                            == [2000, 4000, 8000, 16000, 30000, 30000, 30000, 30000].map {
                                Duration.milliseconds($0 * 3 / 4)
                            })
                }
                #expect(try await rig.parked().count == 10)
            }
        }

        @Test func attemptsAreCountedAcrossACrash() async throws {
            try await OutboxRig.run(on: .sqlite) { rig async throws in
                try await rig.record([1])
                for expected in 1...9 {
                    try await rig.relaying([.ai: Record<Int>().taking { _, _ in .internal }]) {
                        relay async throws in
                        try await relay.poll(every: .zero, of: rig.clock) {
                            try await rig.parked()[1] == expected
                        }
                    }
                    rig.clock.advance(by: .seconds(900))
                }
                try await rig.relaying([.ai: Record<Int>().taking { _, _ in .internal }]) {
                    relay async throws in
                    try await relay.poll(every: .zero, of: rig.clock) { try await rig.parked().isEmpty }
                }
                #expect(try await rig.deadLetters() == ["ai 1 internal_error 10"])
            }
        }

        @Test func whatStopsInTheMiddleOfAShutdownHasNotFailed() async throws {
            try await OutboxRig.run(on: .sqlite) { rig async throws in
                try await rig.record([1])
                let isUnderWay = Gate()
                try await rig.relaying([
                    .ai: { _ in
                        isUnderWay.open()
                        try? await Gate().wait()
                        return DeliveryReport(delivered: 0, failure: .cancelled)
                    }
                ]) { _ in try await isUnderWay.wait() }
                #expect(try await rig.parked() == [:])
            }
        }
    }
}
