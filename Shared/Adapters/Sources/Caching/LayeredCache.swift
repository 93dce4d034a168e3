import Contracts
import FoundationEssentials
import Synchronization

/// A service's cache: what this process keeps, over what all processes share, if they share anything.
///
/// How old an answer can be, beside its time to live:
/// - Removed in this process: it is gone at once.
/// - Removed in another: gone when the word of it arrives, which takes about as long as a request to Redis.
/// - While the way of the removals hangs unnoticed, at most as long as the check of it takes (with Redis 1.5 s).
/// - While it is known to be broken, what this process keeps lives for ``Limits/timeToLiveWhenDeaf`` (1 s).
/// - A removal that couldn't reach Redis is made up for when Redis is back, by the process that tried; until
///   then another process that reaches Redis may find the old answer there, for at most its time to live.
/// - Without a shared level nobody hears of other processes' removals at all: then the time to live is the
///   bound, unless the service runs in one process only.
public final class LayeredCache: Cache {
    private let shared: (any SharedCache)?
    private let limits: Limits
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state: Mutex<State>
    private let bell: (rings: AsyncStream<Void>, ring: AsyncStream<Void>.Continuation)

    public struct Limits: Sendable {
        public var entries = 10_000
        public var bytes = 32 << 20
        /// In this process; the shared level keeps it for as long as it was asked to.
        public var timeToLive = Duration.seconds(60)
        /// In this process, while it doesn't hear of others' removals.
        public var timeToLiveWhenDeaf = Duration.seconds(1)

        public init() {}
    }

    private struct State {
        var near: NearLevel
        /// Computations under way. One that is no longer here when it lands isn't kept.
        var flights: [String: Flight] = [:]
        var isListening = false
        /// Removals that the shared level doesn't know of yet, numbered as they came.
        var unsent: [String: Int] = [:]
        var removals = 0
    }

    private static let maximumNameBytes = 512
    private static let longestTimeToLive = Duration.seconds(86_400)
    private static let longestComputation = Duration.seconds(300)
    /// Beyond this, removals that can't be made up for are left to the time to live.
    private static let maximumUnsent = 65_536

    /// - Parameter shared: Needs ``run()`` to be running.
    public init(
        shared: (any SharedCache)? = nil, limits: Limits = Limits(),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) {
        self.shared = shared
        self.limits = limits
        self.now = now
        state = Mutex(State(near: NearLevel(limits: .init(entries: limits.entries, bytes: limits.bytes))))
        let (rings, ring) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        bell = (rings, ring)
    }

    /// Listens to what other processes remove, until cancelled. Without a shared level it only waits.
    public func run() async throws {
        guard let shared else {
            for await _ in bell.rings {}
            return
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await shared.listen(self.hear) }
            group.addTask {
                for await _ in self.bell.rings { _ = await self.sendUnsent(to: shared) }
            }
            try await group.waitForAll()
        }
    }

    public var health: DependencyHealth {
        guard let shared else {
            return DependencyHealth(name: "cache", status: .up, note: "In this process only.")
        }
        guard shared.isConnected, state.withLock({ $0.isListening }) else {
            return DependencyHealth(
                name: "cache", status: .degraded,
                note: "The shared cache can't be reached. Each process uses its own, for a second at most.")
        }
        return DependencyHealth(name: "cache", status: .up)
    }

    // MARK: - Changing

    public func set<Value>(_ key: CacheKey<Value>, to value: Value, timeToLive: Duration) async {
        guard key.name.utf8.count <= Self.maximumNameBytes, let bytes = try? JSONEncoder().encode(value) else {
            return await remove(key)
        }
        state.withLock { state in
            state.flights[key.name] = nil
            keep(value, key.name, bytes.count, for: timeToLive, in: &state)
        }
        guard let shared else { return }
        do {
            let timeToLive = min(timeToLive, Self.longestTimeToLive)
            try await shared.set(Array(bytes), for: key.name, timeToLive: timeToLive)
        } catch {
            // What is there is no longer true.
            postpone([key.name])
        }
    }

    public func remove(_ names: [String]) async {
        state.withLock { state in
            for name in names {
                state.near.remove(name)
                state.flights[name] = nil
            }
        }
        guard let shared, !names.isEmpty else { return }
        do {
            try await shared.remove(names)
        } catch {
            postpone(names)
        }
    }

    /// Others' removals.
    private func hear(_ news: SharedCacheNews) {
        state.withLock { state in
            switch news {
            case .removed(let names):
                for name in names {
                    state.near.remove(name)
                    state.flights[name] = nil
                }
            case .connected, .disconnected:
                state.isListening = news == .connected
                state.near.removeAll()
                state.flights = [:]
            }
        }
        if news == .connected { bell.ring.yield() }
    }

    private func postpone(_ names: [String]) {
        state.withLock { state in
            for name in names where state.unsent.count < Self.maximumUnsent || state.unsent[name] != nil {
                state.removals += 1
                state.unsent[name] = state.removals
            }
        }
        bell.ring.yield()
    }

    /// - Returns: Whether the shared level knows of every removal.
    private func sendUnsent(to shared: any SharedCache) async -> Bool {
        let unsent = state.withLock { $0.unsent }
        guard !unsent.isEmpty else { return true }
        guard shared.isConnected, (try? await shared.remove(Array(unsent.keys))) != nil else { return false }
        return state.withLock { state in
            // Those that were removed again meanwhile stay.
            for (name, number) in unsent where state.unsent[name] == number { state.unsent[name] = nil }
            return state.unsent.isEmpty
        }
    }
}

// MARK: - Reading

extension LayeredCache {
    public func value<Value>(for key: CacheKey<Value>) async -> Value? {
        guard key.name.utf8.count <= Self.maximumNameBytes else { return nil }
        let (near, flight) = state.withLock { state -> (Value?, Flight?) in
            if let near = kept(key, in: &state) { return (near, nil) }
            guard shared != nil, state.flights[key.name] == nil else { return (nil, nil) }
            // Takes the place, so that a removal that comes meanwhile is noticed.
            let flight = Flight()
            state.flights[key.name] = flight
            return (nil, flight)
        }
        guard let flight else { return near }
        let found = await fetch(key)
        land(flight, key, found)
        return found.value
    }

    public func value<Value>(
        for key: CacheKey<Value>, timeToLive: Duration, compute: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        guard key.name.utf8.count <= Self.maximumNameBytes else { return try await compute() }
        while true {
            let place = state.withLock { state -> Place<Value> in
                if let value = kept(key, in: &state) { return .kept(value) }
                if let flight = state.flights[key.name] { return .underWay(flight) }
                let flight = Flight()
                state.flights[key.name] = flight
                return .ours(flight)
            }
            switch place {
            case .kept(let value): return value
            case .ours(let flight): return try await carryOut(flight, key, timeToLive, compute)
            case .underWay(let flight):
                switch try await flight.wait() {
                case .value(let value as Box<Value>): return value.value
                case .failure(let error): throw error
                // Somebody may have taken the same name for another type.
                case .abandoned, .value: continue
                }
            }
        }
    }

    private enum Place<Value: Sendable> {
        case kept(Value)
        case underWay(Flight)
        case ours(Flight)
    }

    private func carryOut<Value>(
        _ flight: Flight, _ key: CacheKey<Value>, _ timeToLive: Duration,
        _ compute: @Sendable () async throws -> Value
    ) async throws -> Value {
        let began = now()
        let found = await fetch(key)
        if let value = found.value {
            land(flight, key, found)
            return value
        }
        let value: Value
        do {
            value = try await compute()
        } catch {
            land(flight, key, as: error.concernsCallerOnly ? .abandoned : .failure(error))
            throw error
        }
        let timeToLive = min(timeToLive, Self.longestTimeToLive)
        let bytes = (try? JSONEncoder().encode(value)).map { Array($0) }
        let isStillTrue = land(
            flight, key, Found(value: value, byteCount: bytes?.count ?? .max, timeToLive: timeToLive))
        if isStillTrue, let bytes, let entry = found.entry, began.duration(to: now()) < Self.longestComputation
        {
            // Nobody is worse off when this fails.
            try? await shared?.store(bytes, for: key.name, timeToLive: timeToLive, ifUnchangedSince: entry)
        }
        return value
    }

    /// What the shared level keeps.
    private func fetch<Value>(_ key: CacheKey<Value>) async -> Found<Value> {
        guard let shared, shared.isConnected, await sendUnsent(to: shared),
            let entry = try? await shared.fetch(key.name)
        else { return Found() }
        guard let bytes = entry.bytes, let value = try? JSONDecoder().decode(Value.self, from: Data(bytes))
        else {
            return Found(entry: entry)
        }
        return Found(value: value, byteCount: bytes.count, timeToLive: entry.timeToLive, entry: entry)
    }

    private struct Found<Value: Sendable>: Sendable {
        var value: Value?
        var byteCount = 0
        var timeToLive = Duration.zero
        /// `nil`: the shared level can't be reached.
        var entry: SharedCacheEntry?
    }

    /// Keeps what was found, unless it was removed meanwhile, and tells who waits.
    /// - Returns: Whether it was kept.
    @discardableResult
    private func land<Value>(_ flight: Flight, _ key: CacheKey<Value>, _ found: Found<Value>) -> Bool {
        guard let value = found.value else { return land(flight, key, as: .abandoned) }
        return land(flight, key, as: .value(Box(value))) { state in
            keep(value, key.name, found.byteCount, for: found.timeToLive, in: &state)
        }
    }

    @discardableResult
    private func land<Value>(
        _ flight: Flight, _ key: CacheKey<Value>, as outcome: Flight.Outcome,
        keep: (inout State) -> Void = { _ in }
    ) -> Bool {
        let isStillTrue = state.withLock { state in
            guard state.flights[key.name] === flight else { return false }
            state.flights[key.name] = nil
            keep(&state)
            return true
        }
        flight.land(outcome)
        return isStillTrue
    }

    // MARK: - The near level

    private func kept<Value>(_ key: CacheKey<Value>, in state: inout State) -> Value? {
        (state.near.value(for: key.name, at: now()) as? Box<Value>)?.value
    }

    private func keep<Value: Sendable>(
        _ value: Value, _ name: String, _ byteCount: Int, for timeToLive: Duration, in state: inout State
    ) {
        var timeToLive = min(timeToLive, Self.longestTimeToLive)
        if shared != nil {
            timeToLive = min(timeToLive, state.isListening ? limits.timeToLive : limits.timeToLiveWhenDeaf)
        }
        state.near.set(name, to: Box(value), byteCount: byteCount, until: now() + timeToLive)
    }
}

/// A value with its type: an optional that is put into `any Sendable` by itself comes out as anything.
private final class Box<Value: Sendable>: Sendable {
    let value: Value

    init(_ value: Value) {
        self.value = value
    }
}

extension Error {
    /// Whether this says something about who asked, and nothing about what was asked for.
    fileprivate var concernsCallerOnly: Bool {
        let kind = ServiceError(describing: self).kind
        return Task.isCancelled || kind == .cancelled || kind == .deadlineExceeded
    }
}
