import AsyncHTTPClient
import Contracts
import FoundationEssentials
import HTTPBus
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import Synchronization

/// A command through the HTTP bus against a bare AsyncHTTPClient and a bare Hummingbird route with the same
/// bytes: calls per second with 64 callers.
///
/// As in the gateway: with a deadline, which is watched over once, further out.
struct HTTPFigure {
    private static let callers = 64
    private static let roundDuration = Duration.seconds(2)
    private static let secret = "a secret for measuring, and nothing else"

    func measure() async throws -> Figure {
        try await withThrowingTaskGroup(of: Void.self) { group in
            let (busPort, barePort) = (Port(), Port())
            let server = HTTPBusServer(
                table: Measure.table, secret: Self.secret, host: "127.0.0.1", port: 0, now: { .systemNow() },
                logger: .quiet, onRunning: { busPort.open($0) })
            group.addTask { try await server.run() }
            group.addTask { try await bareServer(barePort).run() }

            let bus = HTTPBus(
                registry: ServiceRegistry(addresses: [.chat: "http://127.0.0.1:\(await busPort.number)"]),
                secret: Self.secret, now: { .systemNow() }, logger: .quiet)
            let bare = BareCaller(port: await barePort.number)
            let context = MessageContext.sample.withTimeout(.seconds(600))
            let rounds = try await Deadline.enforce(context.deadline) {
                try await Figure.rounds(
                    7,
                    ours: { try await rate { _ = try await bus.send(Measure.sample, context) } },
                    reference: { try await rate { try await bare.call() } })
            }
            group.cancelAll()
            return Figure(
                name: "HTTP bus: 64 callers over bare AsyncHTTPClient and Hummingbird", unit: "calls/s",
                rounds: rounds, target: 0.75, compare: "ratio_min")
        }
    }

    private func bareServer(_ port: Port) -> some ApplicationProtocol {
        let router = Router()
        router.post("measure") { request, _ in
            var request = request
            _ = try await request.collectBody(upTo: 1 << 20)
            return ByteBuffer(string: #"{"number":43,"text":"How do I return a lamp that arrived broken?"}"#)
        }
        return Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { port.open($0.localAddress?.port ?? 0) }, logger: .quiet)
    }

    private func rate(_ call: @escaping @Sendable () async throws -> Void) async throws -> Double {
        try await callsPerSecond(callers: Self.callers, for: Self.roundDuration) { _ in try await call() }
    }
}

/// What the HTTP bus is compared to.
private struct BareCaller: Sendable {
    private let client: HTTPClient
    private let request: HTTPClientRequest

    init(port: Int) {
        var configuration = HTTPClient.Configuration()
        configuration.httpVersion = .http1Only
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)/measure")
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        request.body = .bytes(
            ByteBuffer(string: #"{"number":42,"text":"How do I return a lamp that arrived broken?"}"#))
        self.request = request
    }

    func call() async throws {
        let response = try await client.execute(request, timeout: .seconds(10))
        _ = try await response.body.collect(upTo: 1 << 20)
    }
}

/// A port that is known once its server runs.
private final class Port: Sendable {
    private let stream: AsyncStream<Int>
    private let continuation: AsyncStream<Int>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream()
    }

    func open(_ port: Int) {
        continuation.yield(port)
        continuation.finish()
    }

    var number: Int {
        get async { await stream.first { _ in true } ?? 0 }
    }
}

extension Logger {
    fileprivate static var quiet: Logger {
        var logger = Logger(label: "bench")
        logger.logLevel = .error
        return logger
    }
}
