import Contracts

/// A service's own schema in PostgreSQL.
///
/// Single statements share a few pipelined connections (``SharedConnections``); a transaction, a read of
/// several statements and a stream have one to themselves (``ExclusiveConnections``). Connections are opened
/// when they are needed, and again when they were lost. Nobody waits for a server that doesn't answer for
/// longer than the configuration's limits, or once it is known to hang (``Pulse``), and a cancelled caller not
/// at all.
public final class PostgreSQLDatabase: Database {
    private let shared: SharedConnections
    private let exclusive: ExclusiveConnections
    private let streams: ExclusiveConnections
    private let pulse: Pulse

    public var dialect: SQLDialect { .postgres }

    /// Connects when it is first used, so that a server which is down delays nobody's start.
    public init(_ configuration: PostgreSQLConfiguration) {
        let reconnecting = Reconnecting()
        let canceller = Canceller()
        let pulse = Pulse(configuration)
        let shared = SharedConnections(configuration)
        let exclusive = ExclusiveConnections(
            configuration, for: .exclusive, maximum: configuration.exclusiveConnections, reconnecting,
            canceller, pulse,
            whenWaiting: shared.disturb)
        let streams = ExclusiveConnections(
            configuration, for: .stream, maximum: configuration.streamConnections, reconnecting,
            canceller, pulse,
            whenWaiting: shared.disturb)
        shared.whenNeeded { [shared] in
            SharedConnectionsThread(shared, configuration, reconnecting, canceller, pulse) {
                let transactionsWait = exclusive.expire()
                return streams.expire() || transactionsWait
            }.work()
        }
        self.shared = shared
        self.exclusive = exclusive
        self.streams = streams
        self.pulse = pulse
    }

    deinit {
        shared.close()
        exclusive.close()
        streams.close()
        pulse.close()
    }

    public func query(_ statement: SQL) async throws -> [SQLRow] {
        try await shared.query(statement)
    }

    public func read<Result: Sendable>(
        _ body: @escaping @Sendable (any SQLReader) throws -> Result
    ) async throws -> Result {
        try await exclusive.run { try $0.transact(.reading, body) }
    }

    public func rows(_ statement: SQL, each: @escaping @Sendable (SQLRow) async throws -> Void) async throws {
        try statement.checkText()
        let stream = RowStream()
        async let production: Void = produce(statement, into: stream)
        defer { stream.close() }
        while let rows = try await stream.next() {
            for row in rows { try await each(row) }
            try Task.checkCancellation()
        }
        await production
    }

    private func produce(_ statement: SQL, into stream: RowStream) async {
        do {
            try await streams.run { try $0.fetch(statement, into: stream) }
            stream.finish(.success(()))
        } catch {
            stream.finish(.failure(error))
        }
    }

    public func transaction<Result: Sendable>(
        _ body: @escaping @Sendable (any SQLTransaction) throws -> Result
    ) async throws -> Result {
        try await exclusive.run { try $0.transact(.writing, body) }
    }

    /// How busy the connections are; the longest waits are those since the last look.
    public var metrics: PostgreSQLMetrics {
        PostgreSQLMetrics(shared: shared.metrics, exclusive: exclusive.metrics, streams: streams.metrics)
    }
}
