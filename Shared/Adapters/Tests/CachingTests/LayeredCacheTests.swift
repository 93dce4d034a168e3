import Contracts
import ContractsTesting
import Synchronization
import Testing

@testable import Caching

extension CacheRig {
    static let inProcess = CacheRig("in process") { body in try await body(LayeredCache()) }
}

@Suite struct LayeredCacheTests {
    @Test(arguments: [CacheRig.inProcess], CacheConformance.checks)
    func conforms(rig: CacheRig, check: Check<CacheRig>) async throws { try await check(rig) }

    @Test func oneLevelIsHealthyByItself() {
        #expect(LayeredCache().health.status == .up)
    }

    @Test func whileNoRemovalsAreHeardNothingIsKeptForLong() async {
        let clock = MonotonicTestClock()
        // Listens only once it runs, which it doesn't.
        let cache = LayeredCache(shared: AbsentCache(), now: clock.now)
        await cache.set(.number, to: 1, timeToLive: .seconds(60))
        #expect(cache.health.status == .degraded)
        #expect(await cache.value(for: .number) == 1)
        clock.advance(by: .seconds(1))
        #expect(await cache.value(for: .number) == nil)
    }

    @Test func oneNameWithTwoTypesIsNeitherMixedUpNorStuck() async throws {
        let cache = LayeredCache()
        await cache.set(.number, to: 1, timeToLive: .seconds(60))
        let sameName = CacheKey<String>("number.v1", "1")
        #expect(await cache.value(for: sameName) == nil)
        let computed = try await cache.value(for: sameName, timeToLive: .seconds(60)) { "one" }
        #expect(computed == "one")
    }
}

@Suite struct NearLevelTests {
    private let clock = MonotonicTestClock()

    private func set(_ names: [String], in level: inout NearLevel, byteCount: Int = 10) {
        for name in names {
            level.set(name, to: name, byteCount: byteCount, until: clock.now() + .seconds(60))
        }
    }

    private func kept(_ names: [String], in level: inout NearLevel) -> [String] {
        names.filter { level.value(for: $0, at: clock.now()) != nil }
    }

    @Test func whatWasNotUsedForLongestGoesFirst() {
        var level = NearLevel(limits: .init(entries: 3, bytes: 1 << 20))
        set(["a", "b", "c"], in: &level)
        _ = kept(["a"], in: &level)
        set(["d", "c"], in: &level)
        #expect(kept(["a", "b", "c", "d"], in: &level) == ["a", "c", "d"])
        set(["e", "f"], in: &level)
        #expect(kept(["a", "b", "c", "d", "e", "f"], in: &level) == ["d", "e", "f"])
    }

    @Test func bytesAreBounded() {
        var level = NearLevel(limits: .init(entries: 1000, bytes: 10_000))
        set((0..<100).map { "name \($0)" }, in: &level, byteCount: 900)
        #expect(level.byteCount <= 10_000)
        #expect(level.count == 9)
        // It would push out everything else.
        set(["huge"], in: &level, byteCount: 9000)
        #expect(level.count == 9)
        // What can't be encoded has no size.
        set(["name 99"], in: &level, byteCount: .max)
        #expect(kept(["huge", "name 99"], in: &level) == [])
    }

    @Test func whatExpiredIsGone() {
        var level = NearLevel(limits: .init(entries: 10, bytes: 10_000))
        level.set("short", to: 1, byteCount: 10, until: clock.now() + .seconds(1))
        set(["long"], in: &level)
        clock.advance(by: .seconds(1))
        #expect(kept(["short", "long"], in: &level) == ["long"])
        #expect(level.count == 1)
    }

    @Test func chainHoldsUnderRandomUse() {
        for seed in 1...20 as ClosedRange<UInt64> {
            var random = SeededGenerator(seed: seed)
            var level = NearLevel(limits: .init(entries: 16, bytes: 8000))
            var recent: [String] = []
            for _ in 0..<2000 {
                let name = "\(UInt8.random(in: 0..<40, using: &random))"
                switch UInt8.random(in: 0..<10, using: &random) {
                case 0:
                    level.remove(name)
                    recent.removeAll { $0 == name }
                case 1..<5:
                    set([name], in: &level)
                    recent.removeAll { $0 == name }
                    recent = [name] + recent.prefix(15)
                default:
                    let isKept = kept([name], in: &level) == [name]
                    #expect(isKept == recent.contains(name), "seed \(seed)")
                    guard isKept else { continue }
                    recent.removeAll { $0 == name }
                    recent.insert(name, at: 0)
                }
                #expect(level.count == recent.count, "seed \(seed)")
            }
            level.removeAll()
            #expect(level.count == 0 && level.byteCount == 0)
        }
    }
}

/// A shared level that is never there.
private struct AbsentCache: SharedCache {
    let isConnected = false

    func fetch(_ name: String) async throws -> SharedCacheEntry { throw ServiceError.databaseUnavailable }

    func store(
        _ bytes: [UInt8], for name: String, timeToLive: Duration, ifUnchangedSince entry: SharedCacheEntry
    ) async throws { throw ServiceError.databaseUnavailable }

    func set(_ bytes: [UInt8], for name: String, timeToLive: Duration) async throws {
        throw ServiceError.databaseUnavailable
    }

    func remove(_ names: [String]) async throws { throw ServiceError.databaseUnavailable }
    func listen(_ each: @escaping @Sendable (SharedCacheNews) -> Void) async throws {}
}

/// A monotonic clock that stands still until a test moves it.
private final class MonotonicTestClock: Sendable {
    private let instant = Mutex(ContinuousClock.now)

    var now: @Sendable () -> ContinuousClock.Instant {
        { self.instant.withLock { $0 } }
    }

    func advance(by duration: Duration) {
        instant.withLock { $0 += duration }
    }
}

/// SplitMix64: the same numbers for the same seed.
private struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension CacheKey<Int> {
    fileprivate static var number: CacheKey<Int> { CacheKey("number.v1", "1") }
}
