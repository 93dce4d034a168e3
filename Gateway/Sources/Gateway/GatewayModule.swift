import Contracts
import FoundationEssentials
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// The Gateway: the public API, the WebSocket and the pages, in front of the five services.
public struct GatewayModule: Service {
    private let bus: any Bus
    private let verifier: any AccessTokenVerifier
    private let settings: Settings
    private let now: @Sendable () -> Instant
    private let makeUUID: @Sendable () -> UUID
    private let onRunning: @Sendable (_ port: Int) async -> Void
    private let logger: Logger

    public struct Settings: Sendable {
        public let host: String
        /// 0 for any free one.
        public let port: Int
        /// Shown on the pages.
        public let siteName: String

        public init(host: String, port: Int, siteName: String) {
            self.host = host
            self.port = port
            self.siteName = siteName
        }
    }

    /// - Parameter onRunning: Called once connections are accepted, with the port.
    public init(
        bus: any Bus, verifier: any AccessTokenVerifier, settings: Settings,
        now: @escaping @Sendable () -> Instant,
        makeUUID: @escaping @Sendable () -> UUID, logger: Logger,
        onRunning: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) {
        self.bus = bus
        self.verifier = verifier
        self.settings = settings
        self.now = now
        self.makeUUID = makeUUID
        self.onRunning = onRunning
        self.logger = logger
    }

    /// Serves until a graceful shutdown has drained all connections.
    public func run() async throws {
        let application = Application(
            router: router(),
            server: HTTPServerBuilder { responder in
                EdgeChannel(responder: responder, verifier: verifier) { channel, principal, expiry in
                    await LiveConnection(
                        channel: channel, principal: principal, expiry: expiry, bus: bus, now: now,
                        makeUUID: makeUUID, logger: logger
                    ).run()
                }
            },
            configuration: .init(address: .hostname(settings.host, port: settings.port)),
            onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? settings.port) },
            logger: logger
        )
        try await application.run()
    }

    private func router() -> Router<EdgeContext> {
        let router = Router(context: EdgeContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: SecurityHeaders())
        router.add(middleware: RequestIdentity(makeUUID: makeUUID))
        router.add(middleware: ProblemResponses(logger: logger))

        PageRoutes().register(on: router)
        SiteRoutes(bus: bus, siteName: settings.siteName).register(on: router)
        AuthRoutes(bus: bus).register(on: router.group("v1/auth"))

        let v1 = router.group("v1").add(middleware: Authentication(verifier: verifier))
        UserRoutes(bus: bus).register(on: v1.group("users"))
        ConversationRoutes(bus: bus).register(on: v1.group("conversations"))
        KnowledgeRoutes(bus: bus).register(on: v1.group("knowledge"))
        AnswerRoutes(bus: bus).register(on: v1.group("ai"))
        AnalyticsRoutes(bus: bus).register(on: v1.group("analytics"))
        OperationsRoutes(bus: bus).register(on: v1.group("operations"))

        // Comes here only when it may not become a WebSocket: says why.
        router.get(RouterPath(Handshake.path)) { request, _ -> Response in
            let handshake = try Handshake { name in
                // The doorkeeper took the upgrade away; that it was wanted still stands in "Connection".
                let name = name == "upgrade" ? "connection" : name
                return request.headers.filter { $0.name.canonicalName == name }
                    .flatMap { $0.value.split(separator: ",").map { $0.filter { $0 != " " } } }
                    .map { $0.lowercased() == "upgrade" ? "websocket" : $0 }
            }
            _ = try await verifier.verify(handshake.token)
            // All is well but the place: only a connection's first request can become a WebSocket.
            throw ServiceError(
                .upgradeRequired, code: "websocket_on_used_connection",
                "Open the WebSocket with the first request of a new connection.")
        }
        return router
    }
}
