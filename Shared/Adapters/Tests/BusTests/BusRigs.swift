import Contracts
import ContractsTesting
import HTTPBus
import InProcessBus
import Logging

extension BusRig {
    static let all = [inProcess, http]

    static let inProcess = BusRig("in process") { tables, body in
        let bus = InProcessBus(logger: .quiet)
        tables.forEach(bus.attach)
        try await body(bus)
    }

    /// A server for each service, as in a process of its own, on any free port of this machine.
    static let http = BusRig("HTTP") { tables, body in
        try await withServers(tables) { addresses in
            try await withHTTPBus(to: addresses, body)
        }
    }
}

let secret = "a secret for these tests, 32 characters or more"

extension Logger {
    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

extension HTTPBusServer {
    /// - Parameter onRunning: Is told the port.
    init(_ table: HandlerTable, onRunning: @escaping @Sendable (Int) async -> Void) {
        self.init(
            table: table, secret: secret, host: "127.0.0.1", port: 0, now: Instant.systemNow, logger: .quiet,
            onRunning: onRunning)
    }
}

func withServers(
    _ tables: [HandlerTable], _ body: @escaping @Sendable ([ServiceName: String]) async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        defer { group.cancelAll() }
        let running = Record<(ServiceName, String)>()
        for table in tables {
            let server = HTTPBusServer(table) { port in
                running.append((table.service, "http://127.0.0.1:\(port)"))
            }
            group.addTask { try await server.run() }
        }
        try await within { try await running.reaches(tables.count) }
        try await body(Dictionary(uniqueKeysWithValues: running.items))
    }
}

func withHTTPBus(
    to addresses: [ServiceName: String], secret: String = secret,
    now: @escaping @Sendable () -> Instant = Instant.systemNow, _ body: @escaping BusRig.Body
) async throws {
    let bus = HTTPBus(
        registry: ServiceRegistry(addresses: addresses), secret: secret, now: now, logger: .quiet)
    try await withThrowingTaskGroup(of: Void.self) { group in
        defer { group.cancelAll() }
        group.addTask { try await bus.run() }
        try await body(bus)
    }
}
