import Contracts
import HTTPBus
import InProcessBus
import Logging

/// The operator's desk from the command line, over the bus that the settings name. On the in-process bus it
/// works on the data itself, beside a running server or without one: they share the databases, and the
/// server's relays find what was changed here with their next poll.
public enum OperatorConsole {
    public static func withDesk<Result: Sendable>(
        _ settings: Settings, _ body: @Sendable (OperatorDesk) async throws -> Result
    ) async throws -> Result {
        let logger = Logger.frontdesk(level: .warning)
        switch settings.bus {
        case .inProcess:
            let bus = InProcessBus(logger: logger)
            let ground = Ground(settings: settings, bus: bus, logger: logger)
            for service in OperatorDesk.publishers {
                bus.attach(try await Node.make(service, on: ground).table)
            }
            return try await body(OperatorDesk(bus: bus, context))
        case .http(let secret, let addresses):
            let bus = HTTPBus(
                registry: ServiceRegistry(addresses: addresses.mapValues(\.url)), secret: secret,
                now: { .systemNow() }, logger: logger)
            return try await withThrowingTaskGroup(of: Void.self) { group in
                // Closes the connections when it is cancelled.
                group.addTask { try await bus.run() }
                defer { group.cancelAll() }
                return try await body(OperatorDesk(bus: bus, context))
            }
        }
    }

    /// Emptying a projection, or checking a long history, takes as long as there is data.
    private static let limit = Duration.seconds(3600)

    /// Who can read the data folder or knows the bus's secret may do anything anyway.
    private static var context: MessageContext {
        MessageContext(principal: .service(.gateway), requestID: "command-line").withTimeout(limit)
    }
}
