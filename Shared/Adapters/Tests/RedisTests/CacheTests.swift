import Caching
import Contracts
import ContractsTesting
import FoundationEssentials
import Testing

@testable import Redis

extension CacheRig {
    static let redisOnly = CacheRig("Redis") { body in
        var limits = LayeredCache.Limits()
        limits.entries = 0
        try await withCaches(1, on: try TestRedis.configuration(), limits: limits) { caches in
            try await body(caches[0])
        }
    }

    static let twoLevels = CacheRig("in process over Redis") { body in
        try await withCaches(1, on: try TestRedis.configuration()) { caches in try await body(caches[0]) }
    }
}

/// Caches of one service, as in so many processes, that all listen to each other.
private func withCaches(
    _ count: Int, on configuration: RedisConfiguration, limits: LayeredCache.Limits = .init(),
    _ body: @escaping @Sendable ([LayeredCache]) async throws -> Void
) async throws {
    try await withClient(configuration) { client in
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            let caches = (0..<count).map { _ in
                LayeredCache(
                    shared: RedisCache(client: client, service: .chat, makeUUID: UUID.init), limits: limits)
            }
            for cache in caches { group.addTask { try await cache.run() } }
            for cache in caches { try await eventually { cache.health.status == .up } }
            try await body(caches)
        }
    }
}

extension RedisTests {
    @Suite struct CacheTests {
        private let key = CacheKey<Int>("number.v1", "1")

        @Test(arguments: [CacheRig.redisOnly, .twoLevels], CacheConformance.checks)
        func conforms(rig: CacheRig, check: Check<CacheRig>) async throws { try await check(rig) }

        @Test func oneProcessFindsWhatAnotherComputed() async throws {
            try await withCaches(2, on: try TestRedis.configuration()) { [key] caches in
                try await expect(caches[0].computed(key, 1), is: 1)
                try await expect(caches[1].computed(key, 2), is: 1)
            }
        }

        @Test func removalAndReplacementReachOtherProcesses() async throws {
            try await withCaches(3, on: try TestRedis.configuration()) { [key] caches in
                for round in 1...20 {
                    for cache in caches {
                        try await expect(cache.computed(key, round), is: round)
                    }
                    await caches[round % 3].remove(key)
                    for cache in caches { try await eventually { await cache.value(for: key) == nil } }
                }
                for cache in caches { _ = try await cache.computed(key, 0) }
                await caches[0].set(key, to: 100, timeToLive: .seconds(60))
                for cache in caches { try await eventually { await cache.value(for: key) == 100 } }
            }
        }

        @Test func removalInAnotherProcessWinsOverAComputationUnderWay() async throws {
            try await withCaches(2, on: try TestRedis.configuration()) { [key] caches in
                for _ in 0..<20 {
                    let (begun, gate) = (Gate(), Gate())
                    let stale = Task {
                        try await caches[0].value(for: key, timeToLive: .seconds(60)) {
                            begun.open()
                            try await gate.wait()
                            return 1
                        }
                    }
                    try await begun.wait()
                    await caches[1].remove(key)
                    // At once, whether word of it has arrived at the other or not: Redis knows.
                    gate.open()
                    try await expect(stale.value, is: 1)
                    #expect(await caches[1].value(for: key) == nil)
                    try await eventually { await caches[0].value(for: key) == nil }
                }
            }
        }

        @Test func servicesDoNotSeeEachOther() async throws {
            try await withClient(try TestRedis.configuration()) { [key] client in
                let caches = [ServiceName.chat, .ai].map {
                    LayeredCache(shared: RedisCache(client: client, service: $0, makeUUID: UUID.init))
                }
                await caches[0].set(key, to: 1, timeToLive: .seconds(60))
                #expect(await caches[1].value(for: key) == nil)
            }
        }

        @Test func whatWasMissedWhileDeafIsForgotten() async throws {
            try await RedisServer.run { server in
                try await withCaches(2, on: try server.configuration()) { [key] caches in
                    for cache in caches { await cache.set(key, to: 1, timeToLive: .seconds(60)) }
                    try await withClient(try server.configuration()) { client in
                        try await eventually { await caches[1].value(for: key) == 1 }
                        // As one: the connections break and the value changes, unheard.
                        _ = try await client.transact([
                            RedisCommand("CLIENT", "KILL", "TYPE", "pubsub"),
                            RedisCommand("UNLINK", "test:cache:chat:value:number.v1:1"),
                        ])
                        for cache in caches { try await eventually { await cache.value(for: key) == nil } }
                        for cache in caches { try await eventually { cache.health.status == .up } }
                    }
                }
            }
        }

        @Test func withoutRedisItIsOneLevelAndSaysSo() async throws {
            try await RedisServer.run { server in
                try await withCaches(1, on: try server.configuration()) { [key] caches in
                    let cache = caches[0]
                    for round in 0..<3 {
                        server.kill()
                        try await eventually { cache.health.status == .degraded }
                        let began = ContinuousClock.now
                        for number in 0..<100 {
                            let key = CacheKey<Int>("during.\(round)", "\(number)")
                            try await expect(cache.computed(key, number), is: number)
                            try await expect(cache.computed(key, -1), is: number)
                        }
                        await cache.remove(key)
                        #expect(began.duration(to: .now) < .milliseconds(900))
                        try await server.start()
                        try await eventually(within: .seconds(5)) { cache.health.status == .up }
                        try await expect(cache.computed(key, round), is: round)
                    }
                }
            }
        }

        @Test func hangingRedisCostsItsTimeLimitOnce() async throws {
            try await RedisServer.run { server in
                try await withCaches(1, on: try server.configuration()) { [key] caches in
                    let cache = caches[0]
                    await cache.set(key, to: 1, timeToLive: .seconds(60))
                    server.pause()
                    let began = ContinuousClock.now
                    for number in 0..<50 {
                        let other = CacheKey<Int>("other.v1", number)
                        try await expect(cache.computed(other, number), is: number)
                    }
                    #expect(began.duration(to: .now) < .seconds(3))
                    // What can't be removed from Redis now is removed when it is back, by whom it was meant to.
                    await cache.remove(key)
                    try await eventually { cache.health.status == .degraded }
                    server.resume()
                    try await eventually(within: .seconds(5)) { cache.health.status == .up }
                    #expect(await cache.value(for: key) == nil)
                    try await withClient(try server.configuration()) { client in
                        try await eventually {
                            try await client.send(RedisCommand("GET", "test:cache:chat:value:number.v1:1"))
                                == .null
                        }
                    }
                }
            }
        }
    }
}

extension LayeredCache {
    /// What is kept for `key`, or else `value`.
    fileprivate func computed(_ key: CacheKey<Int>, _ value: Int) async throws -> Int {
        try await self.value(for: key, timeToLive: .seconds(60)) { value }
    }
}
