import Contracts
import ContractsTesting
import FoundationEssentials
import Outbox
import Testing

extension PersistenceTests {
    @Suite struct UnitOfWorkTests {
        @Test(arguments: OutboxRig.databases)
        func stateAndEventsAreWrittenAsOne(database: DatabaseRig) async throws {
            try await OutboxRig.run(on: database) { rig async throws in
                let context = MessageContext(
                    principal: .sample(), requestID: "request-7", traceparent: "00-4bf9-00f0-01")
                let answer = try await rig.unitOfWork().commit(context) { transaction in
                    try transaction.note(effect: 1)
                    try transaction.append(Noted(number: 1), to: .first, sequence: 1)
                    try transaction.append(Noted(number: 2), to: .first, sequence: 2)
                    return "done"
                }
                #expect(answer == "done")
                #expect(try await rig.effects == [1])
                let events = try await rig.history()
                #expect(try events.map { try $0.decode(Noted.self).number } == [1, 2])
                for (event, sequence) in zip(events, [1, 2] as [Int64]) {
                    #expect(event.name == Noted.name)
                    #expect(event.aggregate == .first)
                    #expect(event.sequence == sequence)
                    #expect(event.occurredAt == rig.clock.now())
                    #expect(event.requestID == "request-7")
                    #expect(event.traceparent == "00-4bf9-00f0-01")
                }
                #expect(Set(events.map(\.id)).count == 2)
            }
        }

        @Test(arguments: OutboxRig.databases)
        func bodyThatThrowsLeavesNeitherStateNorEvents(database: DatabaseRig) async throws {
            try await OutboxRig.run(on: database) { rig async throws in
                await #expect(throws: CancellationError.self) {
                    try await rig.unitOfWork().commit(.sample()) { transaction in
                        try transaction.note(effect: 1)
                        try transaction.append(Noted(number: 1), to: .first, sequence: 1)
                        throw CancellationError()
                    }
                }
                #expect(try await rig.effects == [])
                #expect(try await rig.history() == [])
            }
        }

        @Test(arguments: OutboxRig.databases)
        func ofTwoWritersWithTheSameSequenceOneFails(database: DatabaseRig) async throws {
            try await OutboxRig.run(on: database) { rig async throws in
                let outcomes = Record<(any Error)?>()
                await withTaskGroup(of: Void.self) { group in
                    for number in 1...2 {
                        group.addTask {
                            do {
                                try await rig.unitOfWork().commit(.sample()) { transaction in
                                    try transaction.note(effect: number)
                                    try transaction.append(
                                        Noted(number: number), to: .first, sequence: 1)
                                }
                                outcomes.append(nil)
                            } catch {
                                outcomes.append(error)
                            }
                        }
                    }
                }
                let errors = outcomes.items.compactMap { $0 }
                #expect(errors.count == 1)
                guard case DatabaseError.uniqueViolation? = errors.first else {
                    Issue.record("\(errors)")
                    return
                }
                #expect(ServiceError(describing: errors[0]) == .concurrentChange)
                #expect(try await rig.effects.count == 1)
                #expect(try await rig.history().count == 1)
            }
        }

        @Test(arguments: OutboxRig.databases)
        func whoLosesARaceRunsAgainOnWhatTheWinnerLeft(database: DatabaseRig) async throws {
            try await OutboxRig.run(on: database) { rig async throws in
                try await rig.record([1])
                let runs = Record<Int>()
                try await rig.unitOfWork().commit(.sample()) { transaction in
                    // As if it had read the aggregate before the other wrote it.
                    let next = runs.items.isEmpty ? 1 : 2
                    runs.append(next)
                    try transaction.note(effect: next)
                    try transaction.append(Noted(number: 2), to: .first, sequence: Int64(next))
                }
                #expect(runs.items == [1, 2])
                #expect(try await rig.effects == [2])
                #expect(try await rig.history().map(\.sequence) == [1, 2])
            }
        }

        @Test(arguments: OutboxRig.databases)
        func whoLosesEveryRaceIsTold(database: DatabaseRig) async throws {
            try await OutboxRig.run(on: database) { rig async throws in
                try await rig.record([1])
                let runs = Record<Int>()
                let failure = await failure {
                    try await rig.unitOfWork().commit(.sample()) { transaction in
                        runs.append(1)
                        try transaction.append(Noted(number: 2), to: .first, sequence: 1)
                    }
                }
                #expect(failure == .concurrentChange)
                #expect(runs.items.count == 5)
            }
        }

        @Test(arguments: OutboxRig.databases)
        func manyWritersOfOneAggregateNumberTheirEventsWithoutGaps(database: DatabaseRig) async throws {
            try await OutboxRig.run(on: database) { rig async throws in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 1...40 {
                        group.addTask {
                            try await rig.unitOfWork().commit(.sample()) { transaction in
                                let row = try transaction.first(
                                    "SELECT COALESCE(MAX(sequence), 0) AS last FROM events")
                                let last: Int64 = try row?.value("last") ?? 0
                                try transaction.append(Noted(number: number), to: .first, sequence: last + 1)
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(try await rig.history().map(\.sequence) == Array(1...40))
            }
        }

        @Test(arguments: OutboxRig.databases)
        func oneTransactionMayHaveThousandsOfEvents(database: DatabaseRig) async throws {
            try await OutboxRig.run(on: database) { rig async throws in
                try await rig.record(1...2500)
                let numbers = try await rig.history().map { try $0.decode(Noted.self).number }
                #expect(numbers == Array(1...2500))
            }
        }

        @Test(arguments: OutboxRig.databases)
        func whoStartsOverTakesEveryEventAnew(database: DatabaseRig) async throws {
            try await OutboxRig.run(on: database) { rig async throws in
                let envelope = EventEnvelope.noted(1)
                try await rig.unitOfWork().react(to: envelope, .sample()) { try $0.note(effect: 1) }
                await #expect(throws: CancellationError.self) {
                    try await rig.unitOfWork().startOver(.sample()) { transaction in
                        try transaction.execute("DELETE FROM effects")
                        throw CancellationError()
                    }
                }
                try await rig.unitOfWork().react(to: envelope, .sample()) { try $0.note(effect: 2) }
                #expect(try await rig.effects == [1])
                try await rig.unitOfWork().startOver(.sample()) { try $0.execute("DELETE FROM effects") }
                try await rig.unitOfWork().react(to: envelope, .sample()) { try $0.note(effect: 3) }
                #expect(try await rig.effects == [3])
            }
        }

        @Test(arguments: OutboxRig.databases)
        func eventDeliveredAgainAndAgainHasOneEffect(database: DatabaseRig) async throws {
            try await OutboxRig.run(on: database) { rig async throws in
                let envelope = EventEnvelope.noted(1)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<20 {
                        group.addTask {
                            try await rig.unitOfWork().react(to: envelope, .sample()) { transaction in
                                try transaction.note(effect: number)
                                try transaction.append(Noted(number: number), to: .first, sequence: 1)
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                try await rig.unitOfWork().react(to: envelope, .sample()) { try $0.note(effect: 100) }
                #expect(try await rig.effects.count == 1)
                #expect(try await rig.history().count == 1)
            }
        }

        @Test(arguments: OutboxRig.databases)
        func reactionThatFailedIsTriedAgain(database: DatabaseRig) async throws {
            try await OutboxRig.run(on: database) { rig async throws in
                let envelope = EventEnvelope.noted(1)
                await #expect(throws: CancellationError.self) {
                    try await rig.unitOfWork().react(to: envelope, .sample()) { transaction in
                        try transaction.note(effect: 1)
                        throw CancellationError()
                    }
                }
                try await rig.unitOfWork().react(to: envelope, .sample()) { try $0.note(effect: 2) }
                #expect(try await rig.effects == [2])
            }
        }

        @Test(arguments: OutboxRig.databases)
        func historyGoesOnWhereItIsAsked(database: DatabaseRig) async throws {
            try await OutboxRig.run(on: database) { rig async throws in
                try await rig.record(1...9)
                let other = EventEnvelope.Aggregate("article", EventEnvelope.Aggregate.first.id)
                try await rig.unitOfWork().commit(.sample()) {
                    try $0.append(Noted(number: 100), to: other, sequence: 1)
                }
                let page = try await rig.unitOfWork().history(of: .first, after: 3, limit: 4)
                #expect(page.map(\.sequence) == [4, 5, 6, 7])
                let rest = try await rig.unitOfWork().history(of: .first, after: 7, limit: 4)
                #expect(rest.map(\.sequence) == [8, 9])
            }
        }
    }
}

extension EventEnvelope {
    static func noted(_ number: Int) -> EventEnvelope {
        EventEnvelope(
            id: EventID(UUID()), name: Noted.name, aggregate: Aggregate("conversation", UUID()), sequence: 1,
            occurredAt: TestClock().now(), requestID: "request", traceparent: nil,
            payload: "{\"number\":\(number)}")
    }
}
