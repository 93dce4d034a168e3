import Contracts
import ContractsTesting
import FoundationEssentials
import Outbox
import Testing

extension PersistenceTests {
    @Suite struct UnitOfWorkTests {
        @Test func stateAndEventsAreWrittenAsOne() async throws {
            try await OutboxRig.run { rig async throws in
                let context = MessageContext(
                    principal: .sample(), requestID: "request-7", traceparent: "00-4bf9-00f0-01")
                let answer = try await rig.unitOfWork.commit(context) {
                    [aggregate = rig.aggregate] transaction in
                    try transaction.insertNote(1)
                    try transaction.append(Noted(number: 1), to: aggregate, sequence: 1)
                    try transaction.append(Noted(number: 2), to: aggregate, sequence: 2)
                    return "done"
                }
                #expect(answer == "done")
                #expect(try await rig.database.notes == [1])
                let events = try await rig.history()
                #expect(try events.map { try $0.decode(Noted.self).number } == [1, 2])
                for (event, sequence) in zip(events, [1, 2] as [Int64]) {
                    #expect(event.name == Noted.name)
                    #expect(event.aggregate == rig.aggregate)
                    #expect(event.sequence == sequence)
                    #expect(event.occurredAt == rig.clock.now())
                    #expect(event.requestID == "request-7")
                    #expect(event.traceparent == "00-4bf9-00f0-01")
                }
                #expect(Set(events.map(\.id)).count == 2)
            }
        }

        @Test func bodyThatThrowsLeavesNeitherStateNorEvents() async throws {
            try await OutboxRig.run { rig async throws in
                await #expect(throws: CancellationError.self) {
                    try await rig.unitOfWork.commit(.sample()) { [aggregate = rig.aggregate] transaction in
                        try transaction.insertNote(1)
                        try transaction.append(Noted(number: 1), to: aggregate, sequence: 1)
                        throw CancellationError()
                    }
                }
                #expect(try await rig.database.notes == [])
                #expect(try await rig.history() == [])
            }
        }

        @Test func ofTwoWritersWithTheSameSequenceOneFails() async throws {
            try await OutboxRig.run { rig async throws in
                let outcomes = Record<(any Error)?>()
                await withTaskGroup(of: Void.self) { group in
                    for number in 1...2 {
                        group.addTask {
                            do {
                                try await rig.unitOfWork.commit(.sample()) { transaction in
                                    try transaction.insertNote(number)
                                    try transaction.append(
                                        Noted(number: number), to: rig.aggregate, sequence: 1)
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
                #expect(try await rig.database.notes.count == 1)
                #expect(try await rig.history().count == 1)
            }
        }

        @Test func eventDeliveredAgainAndAgainHasOneEffect() async throws {
            try await OutboxRig.run { rig async throws in
                let envelope = EventEnvelope.noted(1)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<20 {
                        group.addTask {
                            try await rig.unitOfWork.react(to: envelope, .sample()) { transaction in
                                try transaction.insertNote(number)
                                try transaction.append(Noted(number: number), to: rig.aggregate, sequence: 1)
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                try await rig.unitOfWork.react(to: envelope, .sample()) { try $0.insertNote(100) }
                #expect(try await rig.database.notes.count == 1)
                #expect(try await rig.history().count == 1)
            }
        }

        @Test func reactionThatFailedIsTriedAgain() async throws {
            try await OutboxRig.run { rig async throws in
                let envelope = EventEnvelope.noted(1)
                await #expect(throws: CancellationError.self) {
                    try await rig.unitOfWork.react(to: envelope, .sample()) { transaction in
                        try transaction.insertNote(1)
                        throw CancellationError()
                    }
                }
                try await rig.unitOfWork.react(to: envelope, .sample()) { try $0.insertNote(2) }
                #expect(try await rig.database.notes == [2])
            }
        }

        @Test func historyGoesOnWhereItIsAsked() async throws {
            try await OutboxRig.run { rig async throws in
                try await rig.record(1...9)
                let other = EventEnvelope.Aggregate("article", rig.aggregate.id)
                try await rig.unitOfWork.commit(.sample()) {
                    try $0.append(Noted(number: 100), to: other, sequence: 1)
                }
                let page = try await rig.unitOfWork.history(of: rig.aggregate, after: 3, limit: 4)
                #expect(page.map(\.sequence) == [4, 5, 6, 7])
                let rest = try await rig.unitOfWork.history(of: rig.aggregate, after: 7, limit: 4)
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
