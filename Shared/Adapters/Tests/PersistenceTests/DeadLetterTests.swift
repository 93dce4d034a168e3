import Contracts
import ContractsTesting
import InProcessBus
import Outbox
import Synchronization
import Testing

private let poison = ServiceError(.invalid, code: "ai.unreadable", "Nobody can read this.")

/// Chat with its events, and AI, which takes all but the numbers it refuses. Both on one bus.
private struct Desk: Sendable {
    let rig: OutboxRig
    let bus = InProcessBus(logger: .quiet)
    let taken = Record<Int>()
    let refused = Record<Set<Int>>()

    init(rig: OutboxRig) {
        self.rig = rig
        var chat = HandlerTable(service: .chat)
        OutboxOperations(
            service: .chat, database: rig.database, audited: ["conversation"], now: rig.clock.now,
            logger: .quiet
        ).register(on: &chat)
        bus.attach(chat)
        for service in OperatorDesk.publishers where service != .chat {
            var table = HandlerTable(service: service)
            // Nothing but Chat has events here; all share its empty tables.
            OutboxOperations(
                service: service, database: NoRows(), now: rig.clock.now, logger: .quiet
            ).register(on: &table)
            if service == .ai {
                table.react(to: Noted.self) { [taken, refused] event, _, _ in
                    if refused.items.last?.contains(event.number) == true { throw poison }
                    taken.append(event.number)
                }
            }
            bus.attach(table)
        }
    }

    func desk(_ principal: Principal = .sample(role: .admin)) -> OperatorDesk {
        OperatorDesk(bus: bus, .sample(principal))
    }
}

/// A database of a service to which nothing has happened.
private struct NoRows: Database {
    var dialect: SQLDialect { .sqlite }
    func query(_ statement: SQL) async throws -> [SQLRow] { [] }
    func read<Result: Sendable>(
        _ body: @escaping @Sendable (any SQLReader) throws -> Result
    ) async throws -> Result { throw DatabaseError.failed("unused") }
    func rows(_ statement: SQL, each: @escaping @Sendable (SQLRow) async throws -> Void) async throws {}
    func transaction<Result: Sendable>(
        _ body: @escaping @Sendable (any SQLTransaction) throws -> Result
    ) async throws -> Result { try body(Nothing()) }

    private struct Nothing: SQLTransaction {
        var dialect: SQLDialect { .sqlite }
        func query(_ statement: SQL) throws -> [SQLRow] { [] }
        func execute(_ statement: SQL) throws -> Int { 0 }
        func executeScript(_ script: String) throws {}
    }
}

extension PersistenceTests {
    @Suite struct DeadLetterTests {
        private func withDeadLetters(
            _ numbers: Set<Int>, of all: ClosedRange<Int>, on database: DatabaseRig = .sqlite,
            _ body: @escaping @Sendable (Desk, RunningRelay) async throws -> Void
        ) async throws {
            try await OutboxRig.run(on: database) { rig async throws in
                let desk = Desk(rig: rig)
                desk.refused.append(numbers)
                try await rig.record(all)
                try await rig.relaying(over: desk.bus) { relay async throws in
                    try await relay.poll(every: .zero, of: rig.clock) {
                        try await rig.deadLetters().count == numbers.count
                            && desk.taken.items.count == all.count - numbers.count
                    }
                    try await body(desk, relay)
                }
            }
        }

        @Test(arguments: OutboxRig.databases)
        func deadLettersAreListedPageByPage(database: DatabaseRig) async throws {
            try await withDeadLetters(Set(1...7), of: 1...9, on: database) { desk, _ async throws in
                var (positions, cursor) = ([Int64](), String?.none)
                repeat {
                    let page = try await desk.desk().deadLetters(PageRequest(limit: 3, cursor: cursor))
                    positions += page.data.map(\.id.position)
                    cursor = page.nextCursor
                } while cursor != nil
                #expect(positions == Array(1...7))
                #expect(try await desk.desk().deadLetters(for: .analytics, PageRequest()).data.isEmpty)
                #expect(try await desk.desk().deadLetters(of: .user, PageRequest()).data.isEmpty)
                let first = try await desk.desk().deadLetters(of: .chat, for: .ai, PageRequest()).data[0]
                #expect(first.code == poison.code)
                #expect(first.reason == poison.message)
                #expect(first.event == Noted.name)
                #expect(first.attempts == 1)
            }
        }

        @Test(arguments: OutboxRig.databases)
        func deadLetterShowsItsEventAndWhatWasTried(database: DatabaseRig) async throws {
            try await withDeadLetters([2], of: 1...3, on: database) { desk, _ async throws in
                let id = DeadLetterID(publisher: .chat, subscriber: .ai, position: 2)
                let view = try await desk.desk().deadLetter(id)
                #expect(view.summary.id == id)
                #expect(view.event.payload == #"{"number":2}"#)
                #expect(view.event.sequence == 2)
                #expect(
                    view.attempts == [
                        DeliveryAttempt(at: desk.rig.clock.now(), code: poison.code, message: poison.message)
                    ])
                let missing = DeadLetterID(publisher: .chat, subscriber: .ai, position: 3)
                let failure = await failure { try await desk.desk().deadLetter(missing) }
                #expect(failure?.kind == .notFound)
            }
        }

        @Test(arguments: OutboxRig.databases)
        func redrivenLetterIsDelivered(database: DatabaseRig) async throws {
            try await withDeadLetters([2], of: 1...3, on: database) { desk, relay async throws in
                desk.refused.append([])
                let id = DeadLetterID(publisher: .chat, subscriber: .ai, position: 2)
                try await desk.desk().redrive(id)
                try await relay.poll(every: .zero, of: desk.rig.clock) { try await desk.rig.parked().isEmpty }
                #expect(desk.taken.items == [1, 3, 2])
                #expect(try await desk.rig.deadLetters() == [])
                let failure = await failure { try await desk.desk().redrive(id) }
                #expect(failure?.code == "operations.dead_letter_not_found")
            }
        }

        @Test(arguments: OutboxRig.databases)
        func redrivenLetterThatFailsAgainComesBackWithAllItsAttempts(database: DatabaseRig) async throws {
            try await withDeadLetters([2], of: 1...3, on: database) { desk, relay async throws in
                let id = DeadLetterID(publisher: .chat, subscriber: .ai, position: 2)
                for attempts in 2...4 {
                    desk.rig.clock.advance(by: .seconds(60))
                    try await desk.desk().redrive(id)
                    try await relay.poll(every: .zero, of: desk.rig.clock) {
                        try await desk.rig.deadLetters() == ["ai 2 ai.unreadable \(attempts)"]
                    }
                }
                let attempts = try await desk.desk().deadLetter(id).attempts
                #expect(attempts.count == 4)
                #expect(attempts == attempts.sorted { $0.at < $1.at })
            }
        }

        @Test func allOfASubscribersAreRedriven() async throws {
            try await withDeadLetters(Set(1...520), of: 1...521) { desk, relay async throws in
                desk.refused.append([7])
                #expect(try await desk.desk().redriveAll(for: .analytics) == 0)
                #expect(try await desk.desk().redriveAll(for: .ai) == 520)
                try await relay.poll(every: .zero, of: desk.rig.clock) { try await desk.rig.parked().isEmpty }
                #expect(desk.taken.items == [521] + Array(1...520).filter { $0 != 7 })
                #expect(try await desk.rig.deadLetters() == ["ai 7 ai.unreadable 2"])
            }
        }

        @Test func recordedEventsAreReadInBothWays() async throws {
            try await OutboxRig.run(on: .sqlite) { rig async throws in
                try await rig.record(1...250)
                let desk = Desk(rig: rig).desk()
                #expect(try await desk.events(of: .chat, after: 10, limit: 5).map(\.position) == Array(11...15))
                #expect(
                    try await desk.events(of: .chat, after: nil, limit: 3).map(\.position) == [248, 249, 250])
                #expect(try await desk.events(of: .chat, after: 0, limit: 9999).count == 100)
                let failure = await failure { try await desk.events(of: .gateway, after: 0, limit: 1) }
                #expect(failure?.kind == .invalid)
            }
        }

        @Test(arguments: [Role.anonymous, .customer, .agent])
        func onlyAdministratorsLookAndTouch(role: Role) async throws {
            try await OutboxRig.run(on: .sqlite) { rig async throws in
                let desk = Desk(rig: rig).desk(.sample(role: role))
                let id = DeadLetterID(publisher: .chat, subscriber: .ai, position: 1)
                let failures = [
                    await failure { try await desk.deadLetters(PageRequest()) },
                    await failure { try await desk.deadLetter(id) },
                    await failure { try await desk.redrive(id) },
                    await failure { try await desk.redriveAll(for: .ai) },
                    await failure { try await desk.events(of: .chat, after: 0, limit: 1) },
                    await failure { try await desk.checkAuditTrail(of: .chat) },
                    await failure { try await desk.replay(to: .ai, from: .chat, after: 0) },
                ]
                let expected: ServiceError.Kind = role == .anonymous ? .unauthenticated : .forbidden
                for failure in failures { #expect(failure?.kind == expected) }
            }
        }
    }
}
