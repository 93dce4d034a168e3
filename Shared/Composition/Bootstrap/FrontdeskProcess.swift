import AccessTokens
import Backups
import Contracts
import FoundationEssentials
import Gateway
import HTTPBus
import InProcessBus
import Logging
import Redis
import ServiceLifecycle
import UnixSignals

/// A process of Frontdesk: all six services, or some of them, on the bus that the settings name.
public struct FrontdeskProcess: Sendable {
    private let settings: Settings
    private let services: [ServiceName]
    private let logger: Logger
    private let onReady: @Sendable (_ port: Int) async -> Void

    /// Semantic versioning 2.0.0; raised with each release.
    public static let version = "0.1.0"

    /// Shutting down takes at most so long, whoever is still connected.
    private static let drainLimit = Duration.seconds(7)
    private static let cancellationLimit = Duration.seconds(2)

    /// - Parameters:
    ///   - services: Which run here. Fewer than six need the HTTP bus.
    ///   - onReady: Called when the gateway accepts connections, with its port; without a gateway here
    ///     when the service does.
    public init(
        settings: Settings, services: [ServiceName] = ServiceName.allCases, logger: Logger,
        onReady: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) {
        self.settings = settings
        self.services = services
        self.logger = logger
        self.onReady = onReady
    }

    /// Runs until a signal (SIGTERM, SIGINT) or a graceful shutdown from outside.
    /// - Throws: `DataFolderInUse` when another server works on the data folder.
    public func run(handlesSignals: Bool = true) async throws {
        let lock = try DataFolderLock.serving(services, settings: settings)
        defer { lock?.release() }
        let parts =
            switch settings.bus {
            case .inProcess: try await partsInProcess()
            case .http(let secret, let addresses): try await partsOverHTTP(secret, addresses)
            }
        var configuration = ServiceGroupConfiguration(
            services: parts.map { .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup) },
            gracefulShutdownSignals: handlesSignals ? [.sigterm, .sigint] : [], logger: logger)
        configuration.maximumGracefulShutdownDuration = Self.drainLimit
        configuration.maximumCancellationDuration = Self.cancellationLimit
        try await ServiceGroup(configuration: configuration).run()
    }

    // MARK: - Parts, in the order they start; they stop in reverse

    private func partsInProcess() async throws -> [any Service] {
        precondition(Set(services) == Set(ServiceName.allCases), "The in-process bus needs all services here.")
        let bus = InProcessBus(logger: logger)
        let nodes = try await nodes(on: bus)
        for node in nodes { bus.attach(node.table) }
        try await prepare(nodes)
        return jobs(of: nodes) + backups() + [gateway(on: bus)]
    }

    private func backups() -> [any Service] {
        guard let schedule = settings.backups else { return [] }
        let maintenance = Maintenance(settings: settings, version: Self.version, logger: logger)
        let job = maintenance.scheduledBackups(
            into: schedule.folder, every: .seconds(3600 * schedule.hours), keeping: schedule.kept,
            sleep: { try await ContinuousClock().sleep(for: $0) })
        return [JobService(job: job, logger: logger)]
    }

    private func partsOverHTTP(
        _ secret: String, _ addresses: [ServiceName: HTTPAddress]
    ) async throws -> [any Service] {
        let now: @Sendable () -> Instant = { .systemNow() }
        let http = HTTPBus(
            registry: ServiceRegistry(addresses: addresses.mapValues(\.url)), secret: secret, now: now,
            logger: logger)
        let streams = settings.redis.map { EventStreams($0, base: http, logger: logger) }
        let bus: any Bus = streams?.bus ?? http
        let nodes = try await nodes(on: bus)
        try await prepare(nodes)
        let isBehindGateway = !services.contains(.gateway)
        let servers = nodes.compactMap { node -> HTTPBusServer? in
            guard let address = addresses[node.table.service] else { return nil }
            return HTTPBusServer(
                table: node.table, secret: secret, host: address.host, port: address.port, now: now,
                logger: logger, onRunning: { port in if isBehindGateway { await onReady(port) } })
        }
        let transport =
            [Job("bus") { try await http.run() }] + (streams?.jobs(consuming: nodes.map(\.table)) ?? [])
        return transport.map { JobService(job: $0, logger: logger) } + servers + jobs(of: nodes)
            + (isBehindGateway ? [] : [gateway(on: bus)])
    }

    private func nodes(on bus: any Bus) async throws -> [Node] {
        let ground = Ground(
            settings: settings, bus: bus, logger: logger, holdsLock: settings.databaseURL == nil)
        var nodes: [Node] = []
        for service in services where service != .gateway {
            nodes.append(try await .make(service, on: ground))
        }
        return nodes
    }

    private func prepare(_ nodes: [Node]) async throws {
        for node in nodes { try await node.prepare() }
    }

    private func jobs(of nodes: [Node]) -> [any Service] {
        nodes.flatMap(\.jobs).map { JobService(job: $0, logger: logger) }
    }

    private func gateway(on bus: any Bus) -> GatewayModule {
        let ground = Ground(settings: settings, bus: bus, logger: logger)
        let verifier = JWTVerifier(now: ground.now) {
            let context = MessageContext(principal: .service(.gateway), requestID: "signing-keys")
                .withTimeout(.seconds(5))
            return try await bus.ask(SigningKeys(), context).jwks
        }
        return GatewayModule(
            bus: bus, verifier: verifier,
            settings: .init(host: settings.httpHost, port: settings.httpPort, siteName: settings.siteName),
            now: ground.now, makeUUID: ground.makeUUID, logger: ground.logger(for: .gateway), onRunning: onReady
        )
    }
}

/// Events by way of Redis Streams, everything else over HTTP.
private struct EventStreams {
    let bus: RedisStreamsBus
    private let client: RedisClient
    private let logger: Logger

    init(_ configuration: RedisConfiguration, base: HTTPBus, logger: Logger) {
        client = RedisClient(configuration, logger: logger)
        bus = RedisStreamsBus(base: base, client: client, makeUUID: { UUID() })
        self.logger = logger
    }

    func jobs(consuming tables: [HandlerTable]) -> [Job] {
        let consumers = tables.map { table in
            let consumer = EventConsumer(table: table, client: client, makeUUID: { UUID() }, logger: logger)
            return Job("events") { try await consumer.run() }
        }
        return [Job("redis") { try await client.run() }, Job("event-reports") { try await bus.run() }]
            + consumers
    }
}

/// A job as a part of the process: cancelled when the process shuts down.
private struct JobService: Service {
    let job: Job
    let logger: Logger

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown { try await job.run() }
        } catch is CancellationError {
            logger.debug("Job ended", metadata: ["frontdesk.job": "\(job.name)"])
        }
    }
}
