import Contracts
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// One connection to Redis, for any number of callers at a time: what they send while the last bytes are
/// under way goes out together.
final class RedisConnection: Sendable {
    private let channel: any Channel
    private let pipeline: Mutex<CommandPipeline>
    private let commandTimeout: Duration

    /// Connects, signs in and chooses the database: a connection that is returned has answered.
    /// - Parameter onPush: Called on the event loop with what the server says unasked; must not block.
    /// - Throws: `.unavailable`.
    static func open(
        _ configuration: RedisConfiguration, onPush: @escaping @Sendable ([RESPValue]) -> Void = { _ in }
    ) async throws -> RedisConnection {
        do {
            let connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(TimeAmount(configuration.connectTimeout))
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelOption(.socketOption(.so_keepalive), value: 1)
                .connect(host: configuration.host, port: configuration.port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let connection = RedisConnection(channel: channel, configuration)
                        let handlers = channel.pipeline.syncOperations
                        if let tls = configuration.tls {
                            try handlers.addHandler(configuration.tlsHandler(tls))
                        }
                        try handlers.addHandler(RedisChannelHandler(connection, onPush: onPush))
                        return connection
                    }
                }
            do {
                try await connection.signIn(configuration)
                return connection
            } catch {
                connection.close()
                throw error
            }
        } catch let error as CancellationError {
            throw error
        } catch let error as ServiceError {
            throw error
        } catch let error as RedisError {
            throw ServiceError(
                .unavailable, code: "redis.refused",
                "Redis refused the connection: \(error.code). Check user, password and database.")
        } catch {
            throw ServiceError.redisUnavailable
        }
    }

    private init(channel: any Channel, _ configuration: RedisConfiguration) {
        self.channel = channel
        commandTimeout = configuration.commandTimeout
        pipeline = Mutex(
            CommandPipeline(
                maximumWaiting: configuration.maximumWaiting,
                maximumWaitingBytes: configuration.maximumWaitingBytes))
    }

    private func signIn(_ configuration: RedisConfiguration) async throws {
        var hello = RedisCommand("HELLO", "3")
        if let credentials = configuration.credentials {
            hello = RedisCommand("HELLO", "3", "AUTH", .text(credentials.user), .text(credentials.password))
        }
        let select = RedisCommand("SELECT", .integer(Int64(configuration.databaseNumber)))
        // PING, since HELLO is answered even while the server can't serve.
        for answer in try await send([hello, select, RedisCommand("PING")]) { _ = try answer.get() }
    }

    // MARK: - Commands

    /// Sends one command and waits for its answer.
    /// - Parameter limit: How long the answer may take; the connection's own limit unless said otherwise.
    /// - Throws: ``RedisError`` when it was refused; `.unavailable`; `CancellationError`, at once.
    @discardableResult
    func send(_ command: RedisCommand, within limit: Duration? = nil) async throws -> RESPValue {
        try await send([command], within: limit)[0].get()
    }

    /// Sends commands with nothing in between, and waits for the answers. An answer may be an error.
    /// - Parameter answers: How many there will be; see ``CommandPipeline/enqueue(_:answers:dueAt:_:)``.
    func send(
        _ commands: [RedisCommand], answers: Int? = nil, within limit: Duration? = nil
    ) async throws -> [RESPValue] {
        let reply = RedisReply()
        return try await reply.wait {
            let dueAt = NIODeadline.now() + TimeAmount(limit ?? commandTimeout)
            let mustFlush = try pipeline.withLock {
                try $0.enqueue(commands, answers: answers ?? commands.count, dueAt: dueAt, reply)
            }
            if mustFlush { channel.eventLoop.execute { self.flush() } }
        }
    }

    /// Returns when the connection is closed, by whom ever.
    func waitUntilClosed() async throws {
        try await withTaskCancellationHandler {
            try await channel.closeFuture.get()
        } onCancel: {
            close()
        }
    }

    func close() {
        channel.close(promise: nil)
    }

    // MARK: - On the event loop

    private func flush() {
        let bytes = pipeline.withLock { $0.takeUnsent() }
        if bytes.readableBytes > 0 { channel.writeAndFlush(bytes, promise: nil) }
    }

    fileprivate func take(_ answers: [RESPValue]) throws {
        for (reply, values) in try pipeline.withLock({ try $0.take(answers) }) {
            reply.resume(with: .success(values))
        }
    }

    fileprivate var dueAt: NIODeadline? { pipeline.withLock { $0.dueAt } }

    fileprivate func fail() {
        for reply in pipeline.withLock({ $0.close(ServiceError.redisUnavailable) }) {
            reply.resume(with: .failure(ServiceError.redisUnavailable))
        }
    }
}

/// Reads answers, and closes the connection when one is overdue: then Redis hangs, or the way to it is cut,
/// and whoever waits behind it had better know.
private final class RedisChannelHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let connection: RedisConnection
    private let onPush: @Sendable ([RESPValue]) -> Void
    private var parser = RESPParser()
    private var received = ByteBuffer()
    private var isWatching = false

    init(_ connection: RedisConnection, onPush: @escaping @Sendable ([RESPValue]) -> Void) {
        self.connection = connection
        self.onPush = onPush
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if received.readableBytes == 0 {
            received = bytes
        } else {
            received.writeBuffer(&bytes)
        }
        do {
            var answers: [RESPValue] = []
            while let value = try parser.next(from: &received) {
                if case .push(let parts) = value {
                    onPush(parts)
                } else {
                    answers.append(value)
                }
            }
            try connection.take(answers)
        } catch {
            context.close(promise: nil)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        context.write(data, promise: promise)
        watch(context)
    }

    /// One timer at a time, and none while nobody waits.
    private func watch(_ context: ChannelHandlerContext) {
        guard !isWatching, let dueAt = connection.dueAt else { return }
        isWatching = true
        context.eventLoop.assumeIsolated().scheduleTask(deadline: dueAt) {
            self.isWatching = false
            guard context.channel.isActive else { return }
            if let dueAt = self.connection.dueAt, dueAt <= .now() {
                context.close(promise: nil)
            } else {
                self.watch(context)
            }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        connection.fail()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

extension RedisConfiguration {
    fileprivate func tlsHandler(_ context: NIOSSLContext) throws -> NIOSSLClientHandler {
        // Server Name Indication takes names only.
        let isAddress = (try? SocketAddress(ipAddress: host, port: port)) != nil
        return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host)
    }
}
