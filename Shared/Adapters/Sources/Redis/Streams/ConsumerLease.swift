import Contracts

/// The right to consume one stream: one process has it at a time.
///
/// So the order of events holds with any number of processes, and needs no partitions: a service's streams
/// (one for each publisher) are what is spread over its processes. The token fences: who lost the lease while
/// it was paused can't acknowledge any more, and what it still commits, its inbox knows.
struct ConsumerLease: Sendable {
    let key: String
    /// Of this acquisition and no other.
    let token: String
    let client: RedisClient

    /// A consumer that died is replaced after this time.
    static let duration = Duration.seconds(5)
    static let renewalInterval = Duration.milliseconds(1500)

    struct Lost: Error, CustomStringConvertible {
        let description = "Another process consumes this stream now"
    }

    /// - Returns: `false` when another process has it.
    func acquire() async throws -> Bool {
        let set = RedisCommand(
            "SET", .text(key), .text(token), "NX", "PX", .integer(Self.duration.wholeMilliseconds))
        return try await client.send(set) != .null
    }

    /// - Throws: ``Lost``.
    func renew() async throws {
        let renewed = try await client.send(
            RedisCommand(
                "EVAL", .text(Self.renewal), "1", .text(key), .text(token),
                .integer(Self.duration.wholeMilliseconds)))
        guard renewed.integer == 1 else { throw Lost() }
    }

    func release() async {
        let release = RedisCommand("EVAL", .text(Self.releasing), "1", .text(key), .text(token))
        // In a task of its own, since this one may be cancelled. Ends with the client's time limit.
        await Task { _ = try? await client.send(release) }.value
    }

    private static let renewal = """
        if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
        return redis.call('PEXPIRE', KEYS[1], ARGV[2])
        """

    private static let releasing = """
        if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
        return redis.call('DEL', KEYS[1])
        """
}
