/// Keeps answers that are expensive to work out, for a while. Each service has its own.
///
/// A cache never fails a request: what it can't give is worked out. It may forget anything at any time, and
/// how old an answer may be is bounded by its time to live; ``remove(_:)`` is what makes it fresh sooner.
public protocol Cache: Sendable {
    /// What is kept for `key`, or else what `compute` returns, which is then kept.
    ///
    /// Many who ask for one key at a time wait for one computation. A removal that comes while it is under way
    /// wins: those who asked before may still get the result, but it isn't kept.
    /// - Parameter timeToLive: From now on; at most a day.
    /// - Throws: What `compute` throws, which isn't kept.
    func value<Value>(
        for key: CacheKey<Value>, timeToLive: Duration, compute: @escaping @Sendable () async throws -> Value
    ) async throws -> Value

    /// What is kept for `key`.
    func value<Value>(for key: CacheKey<Value>) async -> Value?

    /// Replaces what is kept, as the truth from now on. Prefer ``value(for:timeToLive:compute:)``, which can't
    /// overwrite a change that came while the value was worked out.
    func set<Value>(_ key: CacheKey<Value>, to value: Value, timeToLive: Duration) async

    /// Forgets what is kept for these keys, in every process.
    func remove(_ names: [String]) async

    var health: DependencyHealth { get }
}

extension Cache {
    /// Forgets what is kept for `key`, in every process.
    public func remove<Value>(_ key: CacheKey<Value>) async {
        await remove([key.name])
    }
}

/// What something is kept under, and of which type it is.
public struct CacheKey<Value: Codable & Sendable>: Sendable, Hashable {
    /// Unique in its service: `conversation.v1:0197…`. When a type changes its meaning, the kind gets a new
    /// number: during an upgrade, two versions share a cache. Over 512 bytes nothing is kept.
    public let name: String

    /// - Parameter kind: `conversation.v1`
    public init(_ kind: String, _ id: some CustomStringConvertible) {
        name = "\(kind):\(id)"
    }
}

/// A level of the cache that several processes share. A key's name may be anything of up to 512 bytes.
public protocol SharedCache: Sendable {
    /// - Throws: `.unavailable` when it can't be reached; so do the others.
    func fetch(_ name: String) async throws -> SharedCacheEntry

    /// Keeps `bytes` unless the key was removed or set since `entry` was fetched, at most five minutes ago.
    func store(
        _ bytes: [UInt8], for name: String, timeToLive: Duration, ifUnchangedSince entry: SharedCacheEntry
    ) async throws

    /// Keeps `bytes` whatever is there, and tells the other processes.
    func set(_ bytes: [UInt8], for name: String, timeToLive: Duration) async throws

    /// Forgets, and tells the other processes.
    func remove(_ names: [String]) async throws

    /// Hears of what other processes remove and set, until cancelled.
    /// - Parameter each: Called in order; must not block.
    func listen(_ each: @escaping @Sendable (SharedCacheNews) -> Void) async throws

    var isConnected: Bool { get }
}

/// What a shared level knows of a key.
public struct SharedCacheEntry: Sendable {
    /// `nil`: nothing is kept.
    public let bytes: [UInt8]?
    /// How long it will still be kept.
    public let timeToLive: Duration
    /// Changes whenever the key is removed or set.
    public let generation: [UInt8]

    public init(bytes: [UInt8]?, timeToLive: Duration, generation: [UInt8]) {
        self.bytes = bytes
        self.timeToLive = timeToLive
        self.generation = generation
    }
}

public enum SharedCacheNews: Sendable, Hashable {
    /// From here on nothing is missed.
    case connected
    case removed([String])
    /// From here on anything may have been removed.
    case disconnected
}

/// How something that Frontdesk stands on is doing, as `/readyz` prints it.
public struct DependencyHealth: Codable, Sendable, Hashable {
    public let name: String
    public let status: Status
    /// For a person; never holds an address or a secret.
    public let note: String?

    public enum Status: String, Codable, Sendable, Hashable {
        case up
        /// Not there or not as it should be, and Frontdesk works without it.
        case degraded
        /// Frontdesk can't work without it.
        case down
    }

    public init(name: String, status: Status, note: String? = nil) {
        self.name = name
        self.status = status
        self.note = note
    }
}
