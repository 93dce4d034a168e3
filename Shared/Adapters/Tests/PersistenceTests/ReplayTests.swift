import Contracts
import ContractsTesting
import InProcessBus
import Outbox
import Synchronization
import Testing

/// Counts events by number, once each, in a table: a projection as Analytics has them.
private struct Projection: Sendable {
    let rig: OutboxRig
    /// Fails some reactions, some of them after their effect.
    let luck: Luck

    init(rig: OutboxRig, luck: Luck) async throws {
        self.rig = rig
        self.luck = luck
        try await rig.database.transaction {
            try $0.executeScript("CREATE TABLE counts (number BIGINT PRIMARY KEY, count BIGINT NOT NULL)")
        }
    }

    func table() -> HandlerTable {
        var table = HandlerTable(service: .analytics)
        table.react(to: Noted.self) { event, envelope, context in
            if luck.strikes() { throw ServiceError.databaseUnavailable }
            try await rig.unitOfWork().react(to: envelope, context) { transaction in
                try transaction.execute(
                    """
                    INSERT INTO counts (number, count) VALUES (\(event.number), 1)
                    ON CONFLICT (number) DO UPDATE SET count = counts.count + 1
                    """)
            }
            if luck.strikes() { throw ServiceError.internal }
        }
        table.handle(RebuildProjection<AnalyticsLog>.self) { _, context in
            try context.require(.operate)
            try await rig.unitOfWork().startOver(context) { try $0.execute("DELETE FROM counts") }
            return Done()
        }
        OutboxOperations(service: .analytics, database: rig.database, now: rig.clock.now, logger: .quiet)
            .register(on: &table)
        return table
    }

    var counts: [String] {
        get async throws {
            try await rig.database.query("SELECT number, count FROM counts ORDER BY number").map { row in
                "\(try row.value("number", as: Int.self)): \(try row.value("count", as: Int.self))"
            }
        }
    }
}

private final class Luck: Sendable {
    private let random: Mutex<SplitMix64>
    init(seed: UInt64) { random = Mutex(SplitMix64(state: seed)) }

    /// One time in eight.
    func strikes() -> Bool { number(below: 8) == 0 }
    func number(below bound: Int) -> Int { random.withLock { Int.random(in: 0..<bound, using: &$0) } }
}

/// A repeatable source of randomness.
/// Source: Sebastiano Vigna, "splitmix64.c".
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }
}

extension PersistenceTests {
    @Suite struct ReplayTests {
        /// Two services record, a third builds a table from it, badly: reactions fail before and after their
        /// effect, and again and again everything is replayed in the middle of it.
        @Test(arguments: 1...12 as ClosedRange<UInt64>)
        func replayInTheMiddleOfEverythingGivesTheSameTable(seed: UInt64) async throws {
            try await OutboxRig.run(on: .sqlite) { chat in
                try await OutboxRig.run(on: .sqlite) { user in
                    try await OutboxRig.run(on: .sqlite) { analytics in
                        try await replay(seed, chat, user, analytics)
                    }
                }
            }
        }

        private func replay(
            _ seed: UInt64, _ chat: OutboxRig, _ user: OutboxRig, _ analytics: OutboxRig
        ) async throws {
            let luck = Luck(seed: seed)
            let projection = try await Projection(rig: analytics, luck: luck)
            let bus = InProcessBus(logger: .quiet)
            bus.attach(projection.table())
            for (service, rig) in [(ServiceName.chat, chat), (.user, user)] {
                var table = HandlerTable(service: service)
                OutboxOperations(service: service, database: rig.database, now: rig.clock.now, logger: .quiet)
                    .register(on: &table)
                bus.attach(table)
            }
            for service in [ServiceName.ai, .notification] {
                var table = HandlerTable(service: service)
                OutboxOperations(
                    service: service, database: analytics.database, now: analytics.clock.now, logger: .quiet
                ).register(on: &table)
                bus.attach(table)
            }
            let desk = OperatorDesk(bus: bus, .sample(.sample(role: .admin)))
            let expected = Mutex<[Int: Int]>([:])

            try await chat.relaying(over: bus, of: .chat) { chatRelay in
                try await user.relaying(over: bus, of: .user) { userRelay in
                    var sequences: [Int: Int64] = [:]
                    for _ in 0..<60 {
                        let (rig, kind) = luck.number(below: 2) == 0 ? (chat, 0) : (user, 100)
                        let aggregate = kind + luck.number(below: 4)
                        let numbers = (0...luck.number(below: 6)).map { _ in luck.number(below: 10) }
                        let first = sequences[aggregate, default: 0] + 1
                        sequences[aggregate] = first + Int64(numbers.count) - 1
                        try await rig.unitOfWork().commit(.sample()) { transaction in
                            for (offset, number) in numbers.enumerated() {
                                try transaction.append(
                                    Noted(number: number), to: .conversation(aggregate),
                                    sequence: first + Int64(offset))
                            }
                        }
                        expected.withLock { for number in numbers { $0[number, default: 0] += 1 } }
                        switch luck.number(below: 8) {
                        case 0: try await desk.replay(to: .analytics)
                        case 1: try await chatRelay.poll()
                        case 2: try await userRelay.poll()
                        case 3:
                            try await desk.replay(
                                to: .analytics, from: .chat, after: Int64(luck.number(below: 50)))
                        default:
                            chat.clock.advance(by: .seconds(luck.number(below: 600)))
                            user.clock.advance(by: .seconds(luck.number(below: 600)))
                        }
                    }
                    for (rig, relay) in [(chat, chatRelay), (user, userRelay)] {
                        try await relay.poll(every: .seconds(900), of: rig.clock) {
                            _ = try await desk.redriveAll(for: .analytics)
                            return try await rig.hasDeliveredAll(to: .analytics)
                        }
                    }
                }
            }
            let counts = expected.withLock { $0.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" } }
            #expect(try await projection.counts == counts, "seed \(seed)")
        }

        @Test func subscriberThatCannotBeBuiltAnewIsLeftAlone() async throws {
            try await OutboxRig.run(on: .sqlite) { rig async throws in
                let bus = InProcessBus(logger: .quiet)
                for service in OperatorDesk.publishers {
                    var table = HandlerTable(service: service)
                    OutboxOperations(
                        service: service, database: rig.database, now: rig.clock.now, logger: .quiet
                    )
                    .register(on: &table)
                    bus.attach(table)
                }
                let desk = OperatorDesk(bus: bus, .sample(.sample(role: .admin)))
                let failure = await failure { try await desk.replay(to: .notification) }
                #expect(failure?.code == "operations.not_rebuildable")
                #expect(try await rig.database.query("SELECT * FROM relay_cursors").isEmpty)
            }
        }

        @Test(arguments: OutboxRig.databases)
        func deliveryThatBeganBeforeARewindDoesNotUndoIt(database: DatabaseRig) async throws {
            try await OutboxRig.run(on: database) { rig async throws in
                var table = HandlerTable(service: .chat)
                OutboxOperations(service: .chat, database: rig.database, now: rig.clock.now, logger: .quiet)
                    .register(on: &table)
                let operations = InProcessBus(logger: .quiet)
                operations.attach(table)
                let desk = OperatorDesk(bus: operations, .sample(.sample(role: .admin)))
                let taken = Record<Int>()
                let (isUnderWay, mayGoOn) = (Gate(), Gate())
                try await rig.record(1...3)
                try await rig.relaying([
                    .ai: { events in
                        if taken.items.count == 3 {
                            isUnderWay.open()
                            try await mayGoOn.wait()
                        }
                        return try await taken.taking()(events)
                    }
                ]) { _ async throws in
                    try await taken.reaches(3)
                    try await rig.record([4])
                    try await isUnderWay.wait()
                    try await desk.replay(to: .ai, from: .chat, after: 0)
                    mayGoOn.open()
                    try await taken.reaches(8)
                    #expect(taken.items == [1, 2, 3, 4, 1, 2, 3, 4])
                }
            }
        }

        @Test func rewindNeverSkipsAnything() async throws {
            try await OutboxRig.run(on: .sqlite) { rig async throws in
                var table = HandlerTable(service: .chat)
                OutboxOperations(service: .chat, database: rig.database, now: rig.clock.now, logger: .quiet)
                    .register(on: &table)
                let bus = InProcessBus(logger: .quiet)
                bus.attach(table)
                try await rig.record(1...5)
                let desk = OperatorDesk(bus: bus, .sample(.sample(role: .admin)))
                for _ in 1...2 { try await desk.replay(to: .ai, from: .chat, after: 3) }
                let taken = Record<Int>()
                try await rig.relaying([.ai: taken.taking()]) { _ async throws in
                    try await taken.reaches(5)
                    #expect(taken.items == Array(1...5))
                }
            }
        }
    }
}

extension OutboxRig {
    /// Whether nothing is left to do, and nothing was set aside.
    fileprivate func hasDeliveredAll(to subscriber: ServiceName) async throws -> Bool {
        let row = try await database.query(
            """
            SELECT (SELECT COALESCE(MAX(position), 0) FROM events) AS newest,
                (SELECT COALESCE(MAX(position), 0) FROM relay_cursors WHERE subscriber = \(subscriber)) AS reached,
                (SELECT COUNT(*) FROM parked_deliveries) AS parked, (SELECT COUNT(*) FROM dead_letters) AS dead
            """)[0]
        let (newest, reached): (Int, Int) = (try row.value("newest"), try row.value("reached"))
        let (parked, dead): (Int, Int) = (try row.value("parked"), try row.value("dead"))
        return newest == reached && parked == 0 && dead == 0
    }
}
