import Contracts
import Logging
import Synchronization

/// Redis, for all of a process: a few connections that everyone shares, kept up in the background.
///
/// While Redis is away or doesn't answer, commands fail at once with `.unavailable` instead of piling up: a
/// connection is only handed commands after it has answered, and is given up with the first answer that is
/// overdue. Nothing is sent twice; whether a command may be repeated, its caller knows.
public final class RedisClient: Sendable {
    public let configuration: RedisConfiguration
    private let lines: Mutex<[RedisConnection?]>
    private let turn = Atomic<UInt>(0)
    private let sleep: @Sendable (Duration) async throws -> Void
    /// A number from 0 up to 1, for jitter.
    private let random: @Sendable () -> Double
    private let logger: Logger

    /// Redis that is back is noticed within this time.
    private static let longestBackoff = Duration.seconds(1)
    /// A connection that held for so long was a good one.
    private static let steadyAfter = Duration.seconds(5)

    public init(
        _ configuration: RedisConfiguration,
        sleep: @escaping @Sendable (Duration) async throws -> Void = {
            try await ContinuousClock().sleep(for: $0)
        },
        random: @escaping @Sendable () -> Double = { .random(in: 0..<1) }, logger: Logger
    ) {
        self.configuration = configuration
        self.sleep = sleep
        self.random = random
        self.logger = logger
        lines = Mutex(Array(repeating: nil, count: max(1, configuration.connections)))
    }

    /// Keeps the connections up until cancelled.
    public func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in lines.withLock({ $0.indices }) {
                group.addTask { try await self.keepLine(index) }
            }
            try await group.waitForAll()
        }
    }

    /// Whether commands can be sent just now.
    public var isConnected: Bool { lines.withLock { $0.contains { $0 != nil } } }

    // MARK: - Commands

    /// - Throws: ``RedisError`` when the command was refused; `.unavailable`; `CancellationError`, at once.
    @discardableResult
    func send(_ command: RedisCommand) async throws -> RESPValue {
        try await line().send(command)
    }

    /// Sends commands with nothing in between. An answer may be an error.
    func send(_ commands: [RedisCommand]) async throws -> [RESPValue] {
        try await line().send(commands)
    }

    /// Runs commands as a transaction (MULTI … EXEC): nobody sees half of it.
    /// - Returns: What EXEC answered: a value for each command, which may be an error.
    func transact(_ commands: [RedisCommand]) async throws -> [RESPValue] {
        let answers = try await send([RedisCommand("MULTI")] + commands + [RedisCommand("EXEC")])
        return try answers[answers.count - 1].get().elements ?? []
    }

    private func line() throws -> RedisConnection {
        let first = turn.wrappingAdd(1, ordering: .relaxed).newValue
        let lines = lines.withLock { $0 }
        for offset in lines.indices {
            if let line = lines[Int((first &+ UInt(offset)) % UInt(lines.count))] { return line }
        }
        throw ServiceError.redisUnavailable
    }

    private func keepLine(_ index: Int) async throws {
        try await keepConnected("commands") { connection in
            self.lines.withLock { $0[index] = connection }
            defer { self.lines.withLock { $0[index] = nil } }
            try await connection.waitUntilClosed()
        }
    }

    // MARK: - Connections of their own

    /// Opens a connection for one purpose, hands it to `body`, and does so again, after a while, whenever it
    /// breaks or `body` ends. Returns when cancelled.
    ///
    /// - Parameters:
    ///   - purpose: For the log.
    ///   - onPush: See ``RedisConnection/open(_:onPush:)``.
    func keepConnected(
        _ purpose: String, onPush: @escaping @Sendable ([RESPValue]) -> Void = { _ in },
        _ body: (RedisConnection) async throws -> Void
    ) async throws {
        var failures = 0
        while !Task.isCancelled {
            let began = ContinuousClock.now
            do {
                let connection = try await RedisConnection.open(configuration, onPush: onPush)
                defer { connection.close() }
                if failures > 0 { log(.notice, "Redis is back", purpose, failures) }
                try await body(connection)
            } catch {
                try Task.checkCancellation()
                // The first at once, the rest as details.
                log(failures == 0 ? .warning : .debug, "Redis connection lost", purpose, failures, error)
            }
            failures = began.duration(to: .now) >= Self.steadyAfter ? 0 : failures + 1
            try await sleep(backoff(after: failures))
        }
    }

    /// Full jitter: anywhere between nothing and the bound, which doubles.
    /// Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    private func backoff(after failures: Int) -> Duration {
        min(Self.longestBackoff, .milliseconds(50) * (1 << min(failures, 6))) * random()
    }

    private func log(
        _ level: Logger.Level, _ message: Logger.Message, _ purpose: String, _ failures: Int,
        _ error: (any Error)? = nil
    ) {
        logger.log(
            level: level, message,
            metadata: [
                "server.address": "\(configuration.host)", "server.port": "\(configuration.port)",
                "frontdesk.redis.purpose": "\(purpose)", "frontdesk.redis.failures": "\(failures)",
                "error.message": "\(error.map(Self.reason(of:)) ?? "")",
            ])
    }

    /// In words that hold no secret.
    private static func reason(of error: any Error) -> String {
        (error as? RedisError)?.description ?? ServiceError(describing: error).message
    }
}
