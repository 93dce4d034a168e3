import Contracts
import FoundationEssentials

/// The level of a service's cache that its processes share, in Redis.
///
/// A removal deletes the value, writes a new generation for the key and publishes the name, as one
/// transaction. A computed value is stored only if the generation is still the one that was read before the
/// computation began. Generations are forgotten after ten minutes, twice as long as an entry is good for.
///
/// Removals travel by publish and subscribe rather than by Redis' own tracking of clients (CLIENT TRACKING):
/// tracking in broadcast mode reports every write, so one process's filling the cache would empty the others'.
public struct RedisCache: SharedCache {
    private let client: RedisClient
    private let keys: String
    private let channel: String
    /// By which we know our own removals, and every one of them from the last.
    private let makeUUID: @Sendable () -> UUID
    private let sender: String
    private let sleep: @Sendable (Duration) async throws -> Void

    private static let generationLifetime = Duration.seconds(600)
    /// How often the way of the removals is checked; after it and a command's timeout at the latest, a
    /// connection that hangs counts as broken.
    private static let checkInterval = Duration.seconds(1)
    private static let namesPerMessage = 256

    /// - Parameter service: Whose cache it is: no service sees another's.
    public init(
        client: RedisClient, service: ServiceName, makeUUID: @escaping @Sendable () -> UUID,
        sleep: @escaping @Sendable (Duration) async throws -> Void = {
            try await ContinuousClock().sleep(for: $0)
        }
    ) {
        self.client = client
        self.makeUUID = makeUUID
        self.sleep = sleep
        keys = "\(client.configuration.keyPrefix):cache:\(service)"
        channel = "\(keys):removed"
        sender = makeUUID().uuidString
    }

    public var isConnected: Bool { client.isConnected }

    public func fetch(_ name: String) async throws -> SharedCacheEntry {
        let answers = try await client.send([
            RedisCommand("MGET", .text(value(name)), .text(generation(name))),
            RedisCommand("PTTL", .text(value(name))),
        ])
        let found = try answers[0].get().elements ?? []
        let milliseconds = try answers[1].get().integer ?? 0
        return SharedCacheEntry(
            bytes: milliseconds > 0 ? found.first?.bytes : nil, timeToLive: .milliseconds(milliseconds),
            generation: found.last?.bytes ?? [])
    }

    public func store(
        _ bytes: [UInt8], for name: String, timeToLive: Duration, ifUnchangedSince entry: SharedCacheEntry
    ) async throws {
        try await client.send(
            RedisCommand(
                "EVAL", .text(Self.storeIfUnchanged), "2", .text(value(name)), .text(generation(name)),
                .bytes(bytes), .integer(timeToLive.wholeMilliseconds), .bytes(entry.generation)))
    }

    private static let storeIfUnchanged = """
        if (redis.call('GET', KEYS[2]) or '') ~= ARGV[3] then return 0 end
        redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
        return 1
        """

    public func set(_ bytes: [UInt8], for name: String, timeToLive: Duration) async throws {
        let set = RedisCommand(
            "SET", .text(value(name)), .bytes(bytes), "PX", .integer(timeToLive.wholeMilliseconds))
        try await change([name], by: set)
    }

    public func remove(_ names: [String]) async throws {
        for start in stride(from: 0, to: names.count, by: Self.namesPerMessage) {
            let names = Array(names[start..<min(start + Self.namesPerMessage, names.count)])
            try await change(names, by: RedisCommand("UNLINK", names.map { .text(value($0)) }))
        }
    }

    private func change(_ names: [String], by command: RedisCommand) async throws {
        let generation = makeUUID().uuidString
        let message = try JSONEncoder().encode(Removal(sender: sender, names: names))
        let generations = names.map {
            RedisCommand(
                "SET", .text(self.generation($0)), .text(generation), "PX",
                .integer(Self.generationLifetime.wholeMilliseconds))
        }
        let publish = RedisCommand("PUBLISH", .text(channel), .bytes(Array(message)))
        for answer in try await client.transact([command] + generations + [publish]) { _ = try answer.get() }
    }

    public func listen(_ each: @escaping @Sendable (SharedCacheNews) -> Void) async throws {
        try await client.keepConnected("cache removals", onPush: { hear($0, each) }) { connection in
            defer { each(.disconnected) }
            // SUBSCRIBE is answered by a push; PING's answer comes after it.
            let hello = [RedisCommand("SUBSCRIBE", .text(channel)), RedisCommand("PING")]
            _ = try await connection.send(hello, answers: 1)[0].get()
            each(.connected)
            while true {
                try await sleep(Self.checkInterval)
                try await connection.send(RedisCommand("PING"))
            }
        }
    }

    private func hear(_ parts: [RESPValue], _ each: (SharedCacheNews) -> Void) {
        guard parts.count == 3, parts[0].text == "message", let message = parts[2].bytes else { return }
        guard let removal = try? JSONDecoder().decode(Removal.self, from: Data(message)) else {
            // From another version: it may be about anything.
            each(.disconnected)
            return each(.connected)
        }
        if removal.sender != sender { each(.removed(removal.names)) }
    }

    private func value(_ name: String) -> String { "\(keys):value:\(name)" }
    private func generation(_ name: String) -> String { "\(keys):generation:\(name)" }
}

/// What a process tells the others.
private struct Removal: Codable {
    let sender: String
    let names: [String]
}

extension Duration {
    /// At least one: Redis takes nothing less for a time to live.
    var wholeMilliseconds: Int64 {
        max(1, components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000)
    }
}
