import Bootstrap
import Contracts
import ContractsTesting
import FoundationEssentials
import Logging
import ServiceLifecycle
import Testing

/// A whole Frontdesk in this process, with a data folder of its own.
struct Site: Sendable {
    let port: Int
    let folder: String

    static let adminEmail = "admin@shop.example"
    static let adminPassword = "correct horse battery"

    var host: Host { Host(port: port) }
    /// Without a token.
    var nobody: API { host.nobody }

    func visitor(_ name: String? = nil) async throws -> API { try await host.visitor(name) }
    func admin() async throws -> API { try await host.admin() }

    /// Starts one, runs `body`, and shuts it down; fails when all of it takes longer than `limit`.
    static func run(
        _ deployment: Deployment, limit: Duration = .seconds(60),
        _ body: @escaping @Sendable (Site) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            try await deployment.withSettings { environment in
                var environment = environment
                environment["FRONTDESK_DATA"] = folder
                environment["FRONTDESK_HTTP_PORT"] = "0"
                environment["FRONTDESK_ADMIN_EMAIL"] = adminEmail
                environment["FRONTDESK_ADMIN_PASSWORD"] = adminPassword
                let settings = try Settings(SettingSource(environment: environment, file: nil))
                try await serve(settings) { port in
                    try await Deadline.enforce(Deadline(in: limit)) {
                        try await body(Site(port: port, folder: folder))
                    }
                }
            }
        }
    }

    private static func serve(
        _ settings: Settings, _ body: @escaping @Sendable (_ port: Int) async throws -> Void
    ) async throws {
        let logger = Logger(label: "site", factory: { _ in SwiftLogNoOpLogHandler() })
        let ready = Record<Int>()
        let process = FrontdeskProcess(settings: settings, logger: logger) { ready.append($0) }
        let group = ServiceGroup(services: [ProcessService(process: process)], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { ready.append(0) }
                try await group.run()
            }
            // Whatever becomes of the test, Frontdesk is shut down as a signal would do it.
            let outcome: Result<Void, any Error>
            do {
                try await Deadline.enforce(Deadline(in: .seconds(20))) { try await ready.reaches(1) }
                guard ready.items[0] > 0 else { throw HarnessError("Frontdesk didn't start.") }
                outcome = .success(try await body(ready.items[0]))
            } catch {
                outcome = .failure(error)
            }
            let began = ContinuousClock.now
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            try outcome.get()
            // Like any other, it may take 10 s.
            #expect(began.duration(to: .now) < .seconds(10), "The shutdown took too long.")
        }
    }
}

/// Runs a process of Frontdesk so that it can be shut down from outside.
private struct ProcessService: Service {
    let process: FrontdeskProcess

    func run() async throws {
        try await process.run(handlesSignals: false)
    }
}

/// Asks until the answer is as it should be, with an exchange over HTTP between two attempts; for what
/// follows from an event and can't be awaited otherwise. At most `attempts` times.
func eventually(
    _ host: Host, attempts: Int = 4000, _ isTrue: () async throws -> Bool
) async throws -> Bool {
    for _ in 0..<attempts {
        if try await isTrue() { return true }
        // Goes to every service and back, over whichever bus: what is under way gets its turn.
        _ = try await host.nobody.get("/readyz")
    }
    return false
}
