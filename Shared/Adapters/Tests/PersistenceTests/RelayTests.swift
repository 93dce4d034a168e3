import Contracts
import ContractsTesting
import Outbox
import SQLite
import Synchronization
import Testing

extension PersistenceTests {
    @Suite struct RelayTests {
        @Test func everySubscriberGetsEverythingInOrder() async throws {
            try await OutboxRig.run { rig async throws in
                // More than one batch, before and after the relay starts.
                try await rig.record(1...150)
                let (ai, analytics) = (Record<Int>(), Record<Int>())
                try await rig.relaying([.ai: ai.taking, .analytics: analytics.taking]) { _ in
                    try await ai.reaches(150)
                    try await rig.record(151...400)
                    for record in [ai, analytics] {
                        try await record.reaches(400)
                        #expect(record.items == Array(1...400))
                    }
                }
            }
        }

        @Test func relayGoesOnFromItsPlaceAfterACrash() async throws {
            try await OutboxRig.run { rig async throws in
                try await rig.record(1...10)
                let first = Record<Int>()
                let isUnderWay = Gate()
                // Takes two, and dies in the middle of the third.
                try await rig.relaying([
                    .ai: { events in
                        for event in events.prefix(2) { first.append(try event.decode(Noted.self).number) }
                        if first.items.count == 2 {
                            return DeliveryReport(delivered: 2, failure: .databaseUnavailable)
                        }
                        isUnderWay.open()
                        try await Gate().wait()
                        return DeliveryReport(delivered: events.count)
                    }
                ]) { _ in
                    try await isUnderWay.wait()
                }
                let second = Record<Int>()
                let reopened = try rig.reopened()
                try await reopened.relaying([.ai: second.taking]) { _ in
                    try await second.reaches(8)
                    #expect(second.items == Array(3...10))
                }
            }
        }

        @Test func subscriberThatIsAwayHoldsUpNobodyElse() async throws {
            try await OutboxRig.run { rig async throws in
                let (ai, analytics) = (Record<Int>(), Record<Int>())
                let isBack = Mutex(false)
                try await rig.relaying([
                    .ai: { events in
                        guard isBack.withLock({ $0 }) else { throw ServiceError.databaseUnavailable }
                        return try await ai.taking(events)
                    },
                    .analytics: analytics.taking,
                ]) { waits in
                    try await rig.record(1...5)
                    try await analytics.reaches(5)
                    // Being away is nobody's fault: far more often than an event may fail.
                    try await waits.reaches(30)
                    isBack.withLock { $0 = true }
                    try await ai.reaches(5)
                    #expect(ai.items == Array(1...5))
                    #expect(try await rig.deadLetters() == [])
                }
            }
        }

        @Test func poisonIsSetAsideAfterTenAttemptsAndTheNextFlowsOn() async throws {
            try await OutboxRig.run { rig async throws in
                try await rig.record(1...5)
                let taken = Record<Int>()
                let attempts = Record<Int>()
                try await rig.relaying([
                    .ai: { events in
                        for (index, event) in events.enumerated() {
                            let number = try event.decode(Noted.self).number
                            if number == 3 {
                                attempts.append(3)
                                return DeliveryReport(delivered: index, failure: .internal)
                            }
                            taken.append(number)
                        }
                        return DeliveryReport(delivered: events.count)
                    }
                ]) { waits in
                    try await taken.reaches(4)
                    #expect(taken.items == [1, 2, 4, 5])
                    #expect(attempts.items.count == 10)
                    // Half of a bound that doubles to 30 seconds: as the random number says.
                    let expected = [400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000].map {
                        Duration.milliseconds($0 / 2)
                    }
                    #expect(waits.items == expected)
                }
                #expect(try await rig.deadLetters() == ["ai 3 internal_error 10"])
            }
        }

        @Test func eventThatCanNeverSucceedIsSetAsideAtOnce() async throws {
            try await OutboxRig.run { rig async throws in
                try await rig.record(1...3)
                let taken = Record<Int>()
                let unreadable = ServiceError(.invalid, code: "bus.unreadable_event", "Unreadable.")
                try await rig.relaying([
                    .ai: { events in
                        guard try events[0].decode(Noted.self).number != 2 else {
                            return DeliveryReport(delivered: 0, failure: unreadable)
                        }
                        taken.append(try events[0].decode(Noted.self).number)
                        guard events.count > 1 else { return DeliveryReport(delivered: 1) }
                        return DeliveryReport(delivered: 1, failure: unreadable)
                    }
                ]) { waits in
                    try await taken.reaches(2)
                    #expect(taken.items == [1, 3])
                    #expect(waits.items.isEmpty)
                }
                #expect(try await rig.deadLetters() == ["ai 2 bus.unreadable_event 1"])
            }
        }

        @Test func attemptsAreCountedAcrossACrash() async throws {
            try await OutboxRig.run { rig async throws in
                try await rig.record(1...1)
                let failing: Subscribers.Delivery = { _ in DeliveryReport(delivered: 0, failure: .internal) }
                let before = Record<Int>()
                // Stops in the middle of the fourth attempt.
                try await rig.relaying([
                    .ai: { events in
                        before.append(1)
                        if before.items.count == 4 { try await Gate().wait() }
                        return try await failing(events)
                    }
                ]) { _ in try await before.reaches(4) }
                let after = Record<Int>()
                let restarted = try rig.reopened()
                try await restarted.relaying([
                    .ai: { events in
                        after.append(1)
                        return try await failing(events)
                    }
                ]) { _ in
                    try await after.reaches(7)
                    try await rig.record(2...2)
                    restarted.doorbell.ring()
                    try await after.reaches(8)
                }
                #expect(try await rig.deadLetters().first == "ai 1 internal_error 10")
            }
        }

        @Test func relayReturnsWhenItIsCancelled() async throws {
            try await OutboxRig.run { rig async throws in
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
}

extension OutboxRig {
    /// The same database, opened by the next process.
    func reopened() throws -> OutboxRig {
        try OutboxRig(path: path, database: SQLiteDatabase(path: path))
    }

    func relay(_ bus: any Bus, sleep: @escaping @Sendable (Duration) async throws -> Void) -> Relay {
        Relay(
            publisher: .chat, database: database, bus: bus, doorbell: doorbell, now: clock.now, sleep: sleep,
            random: { 0.5 }, logger: .quiet)
    }

    /// Runs a relay beside `body`. Its waits are noted and pass at once.
    func relaying(
        _ deliveries: [ServiceName: Subscribers.Delivery],
        _ body: @escaping @Sendable (_ waits: Record<Duration>) async throws -> Void
    ) async throws {
        let waits = Record<Duration>()
        let relay = relay(Subscribers(deliveries)) { duration in
            // The look round every two seconds isn't a wait after a failure; here the doorbell does.
            if duration == .seconds(2) { try await Gate().wait() }
            try Task.checkCancellation()
            waits.append(duration)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await relay.run() }
            try await within { try await body(waits) }
        }
    }

    /// `subscriber position code attempts`
    func deadLetters() async throws -> [String] {
        try await database.query("SELECT * FROM dead_letters ORDER BY subscriber, position").map { row in
            let subscriber: String = try row.value("subscriber")
            let position: Int = try row.value("position")
            let code: String = try row.value("code")
            let attempts: Int = try row.value("attempts")
            return "\(subscriber) \(position) \(code) \(attempts)"
        }
    }
}
