import Contracts
import ContractsTesting
import FoundationEssentials
import InProcessBus
import Synchronization
import Testing

@testable import Redis

extension RedisTests {
    @Suite struct StreamsTests {
        /// A delivery over Redis isn't bound to its relay: what a consumer has begun it finishes, and if the
        /// relay delivers it again, the inbox makes that harmless.
        private static let checks = BusConformance.checks.filter {
            $0.testDescription != "a relay that stops cancels the reaction under way"
        }

        @Test(arguments: checks)
        func conforms(check: Check<BusRig>) async throws {
            let rig = BusRig("in process, events over Redis Streams") { tables, body in
                try await withStreams(try TestRedis.configuration(), tables) { bus, _ in try await body(bus) }
            }
            try await check(rig)
        }

        @Test func orderHoldsWithSeveralConsumers() async throws {
            let seen = Record<Int>()
            let table = HandlerTable.noting(seen)
            try await withStreams(try TestRedis.configuration(), [table, table, table]) { bus, client in
                for start in stride(from: 1, to: 1000, by: 100) {
                    let events = (start..<start + 100).map { EventEnvelope.noted($0) }
                    try await expect(bus.deliver(events, to: .analytics), is: DeliveryReport(delivered: 100))
                }
                #expect(seen.items == Array(1...1000))
                // What is dealt with is gone.
                try await expect(client.send(RedisCommand("XLEN", .text(client.stream.key))), is: .integer(0))
            }
        }

        @Test func moreThanABatchIsDeliveredInParts() async throws {
            let seen = Record<Int>()
            try await withStreams(try TestRedis.configuration(), [.noting(seen)]) { bus, _ in
                let events = (1...300).map { EventEnvelope.noted($0) }
                try await expect(bus.deliver(events, to: .analytics), is: DeliveryReport(delivered: 300))
                #expect(seen.items == Array(1...300))
            }
        }

        @Test func whatADeadConsumerTookIsClaimed() async throws {
            try await withClient(try TestRedis.configuration()) { client in
                let stream = client.stream
                _ = try await client.send([stream.createGroup])
                // It holds the lease, and a read of its that is outstanding takes the batch.
                let dead = ConsumerLease(key: stream.leaseKey, token: "dead", client: client)
                #expect(try await dead.acquire())
                try await withStreams(client, [.noting(Record())], consumes: false) { bus in
                    let delivery = Task { try await bus.deliver((1...5).map { .noted($0) }, to: .analytics) }
                    try await eventually { try await client.read(as: "dead", count: 3) == 3 }
                    let seen = Record<Int>()
                    let consumer = EventConsumer(
                        table: .noting(seen), client: client, makeUUID: UUID.init, logger: .quiet)
                    let consuming = Task { try await consumer.run() }
                    try await expect(delivery.value, is: DeliveryReport(delivered: 5))
                    #expect(seen.items == Array(1...5))
                    consuming.cancel()
                }
            }
        }

        @Test func zombiesReadIsClaimedBackInOrder() async throws {
            let (begun, gate) = (Gate(), Gate())
            let seen = Record<Int>()
            var table = HandlerTable(service: .analytics)
            table.react(to: Noted.self) { event, _, _ in
                seen.append(event.number)
                guard event.number == 0 else { return }
                begun.open()
                try await gate.wait()
            }
            try await withStreams(try TestRedis.configuration(), [table]) { bus, client in
                let first = Task { try await bus.deliver([.noted(0)], to: .analytics) }
                try await begun.wait()
                // While the consumer is busy, one that has no lease takes the beginning of what comes.
                let second = Task { try await bus.deliver((1...10).map { .noted($0) }, to: .analytics) }
                try await eventually { try await client.read(as: "zombie", count: 2) == 2 }
                gate.open()
                try await expect(first.value, is: DeliveryReport(delivered: 1))
                try await expect(second.value, is: DeliveryReport(delivered: 10))
                #expect(seen.items == Array(0...10))
            }
        }

        @Test func whoLostTheLeaseCannotAcknowledge() async throws {
            let (begun, gate) = (Gate(), Gate())
            let seen = Record<Int>()
            var table = HandlerTable(service: .analytics)
            table.react(to: Noted.self) { event, _, _ in
                seen.append(event.number)
                guard seen.items.count == 1 else { return }
                begun.open()
                // As paused: it doesn't even notice that it is cancelled.
                await Task { try? await gate.wait() }.value
            }
            try await withStreams(try TestRedis.configuration(), [table]) { bus, client in
                let delivery = Task { try await bus.deliver([.noted(1), .noted(2)], to: .analytics) }
                try await begun.wait()
                let other = ConsumerLease(key: client.stream.leaseKey, token: "other", client: client)
                try await client.send(RedisCommand("UNLINK", .text(client.stream.leaseKey)))
                #expect(try await other.acquire())
                gate.open()
                try await seen.reaches(2)
                await other.release()
                try await expect(delivery.value, is: DeliveryReport(delivered: 2))
                // What it did without the lease didn't count: all was handled again, from the first.
                #expect(seen.items.filter { $0 == 1 }.count == 2)
                #expect(seen.items.last == 2)
            }
        }

        @Test func waitingDeliveryIsTakenWhenTheSubscriberComes() async throws {
            try await withClient(try TestRedis.configuration()) { client in
                try await withStreams(client, [.noting(Record())], consumes: false) { bus in
                    let delivery = Task { try await bus.deliver([.noted(1)], to: .analytics) }
                    try await eventually {
                        try await client.send(RedisCommand("XLEN", .text(client.stream.key))) == .integer(1)
                    }
                    let seen = Record<Int>()
                    let consumer = EventConsumer(
                        table: .noting(seen), client: client, makeUUID: UUID.init, logger: .quiet)
                    let consuming = Task { try await consumer.run() }
                    try await expect(delivery.value, is: DeliveryReport(delivered: 1))
                    consuming.cancel()
                }
            }
        }

        @Test func deliveryThatIsGivenUpLeavesNothingBehind() async throws {
            try await withClient(try TestRedis.configuration()) { client in
                try await withStreams(client, [.noting(Record())], consumes: false) { bus in
                    let length = RedisCommand("XLEN", .text(client.stream.key))
                    let delivery = Task { try await bus.deliver((1...50).map { .noted($0) }, to: .analytics) }
                    try await eventually { try await client.send(length) == .integer(50) }
                    delivery.cancel()
                    #expect(await failure(of: { try await delivery.value })?.kind == .cancelled)
                    try await expect(client.send(length), is: .integer(0))
                }
            }
        }

        @Test func nothingIsLostWhenRedisForgetsEverything() async throws {
            try await RedisServer.run { server in
                try await relayThrough(server) { client, round in
                    if round.isMultiple(of: 2) {
                        _ = try? await client.send(RedisCommand("FLUSHALL"))
                    }
                }
            }
        }

        @Test func nothingIsLostWhenRedisIsKilled() async throws {
            try await RedisServer.run { server in
                try await relayThrough(server) { _, round in
                    guard round.isMultiple(of: 3) else { return }
                    server.kill()
                    try await server.start()
                }
            }
        }

        @Test func hangingRedisDelaysAndLosesNothing() async throws {
            try await RedisServer.run { server in
                try await relayThrough(server) { client, round in
                    guard round == 4 else { return }
                    server.pause()
                    try await eventually { !client.isConnected }
                    server.resume()
                }
            }
        }
    }
}

/// Delivers 600 events as a relay does, goes on from what was confirmed, while `disturb` does its worst; then
/// checks that each came, and that whatever came for the first time came in order.
private func relayThrough(
    _ server: RedisServer, disturb: @escaping @Sendable (RedisClient, _ round: Int) async throws -> Void
) async throws {
    let seen = Record<Int>()
    try await withStreams(try server.configuration(), [.noting(seen), .noting(seen)]) { bus, client in
        var confirmed = 0
        for round in 1...12 {
            let goal = round * 50
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await disturb(client, round) }
                while confirmed < goal {
                    let events = (confirmed + 1...goal).map { EventEnvelope.noted($0) }
                    do {
                        confirmed += try await bus.deliver(events, to: .analytics).delivered
                    } catch let error as ServiceError where error.kind == .unavailable {
                        _ = try? await client.send(RedisCommand("PING"))
                        await Task.yield()
                    }
                }
                try await group.waitForAll()
            }
        }
    }
    var firstTimes: [Int] = []
    var known: Set<Int> = []
    for number in seen.items where known.insert(number).inserted { firstTimes.append(number) }
    #expect(firstTimes == Array(1...600))
}

// MARK: - Both ends

/// A bus over Redis Streams with a consumer for each table; requests and subscriptions go in process.
private func withStreams(
    _ configuration: RedisConfiguration, _ tables: [HandlerTable],
    _ body: @escaping @Sendable (RedisStreamsBus, RedisClient) async throws -> Void
) async throws {
    try await withClient(configuration, limit: .seconds(120)) { client in
        try await withStreams(client, tables) { bus in try await body(bus, client) }
    }
}

private func withStreams(
    _ client: RedisClient, _ tables: [HandlerTable], consumes: Bool = true,
    _ body: @escaping @Sendable (RedisStreamsBus) async throws -> Void
) async throws {
    let base = InProcessBus(logger: .quiet)
    tables.forEach(base.attach)
    let bus = RedisStreamsBus(base: base, client: client, makeUUID: UUID.init)
    try await withThrowingTaskGroup(of: Void.self) { group in
        defer { group.cancelAll() }
        group.addTask { try await bus.run() }
        for table in consumes ? tables : [] {
            let consumer = EventConsumer(table: table, client: client, makeUUID: UUID.init, logger: .quiet)
            group.addTask { try await consumer.run() }
        }
        try await body(bus)
    }
}

private struct Noted: Event {
    static let name = "chat.noted.v1"
    let number: Int
}

extension EventEnvelope {
    fileprivate static func noted(_ number: Int) -> EventEnvelope {
        EventEnvelope(
            id: EventID(UUID()), name: Noted.name, aggregate: Aggregate("conversation", UUID()),
            sequence: Int64(number), occurredAt: TestClock().now(), requestID: "request-\(number)",
            traceparent: nil,
            payload: "{\"number\":\(number)}")
    }
}

extension HandlerTable {
    fileprivate static func noting(_ seen: Record<Int>) -> HandlerTable {
        var table = HandlerTable(service: .analytics)
        table.react(to: Noted.self) { event, _, _ in seen.append(event.number) }
        return table
    }
}

extension RedisClient {
    /// From Chat to Analytics.
    fileprivate var stream: EventStream {
        EventStream(keyPrefix: configuration.keyPrefix, from: .chat, to: .analytics)
    }

    /// Reads as another consumer would.
    /// - Returns: How many entries.
    fileprivate func read(as consumer: String, count: Int64, wait: Duration = .milliseconds(10)) async throws
        -> Int
    {
        let read = RedisCommand(
            "XREADGROUP", "GROUP", "analytics", .text(consumer), "COUNT", .integer(count), "BLOCK",
            .integer(wait.wholeMilliseconds), "STREAMS", .text(stream.key), ">")
        return try await send(read).elements?.last?.elements?.count ?? 0
    }
}
