import AI
import Analytics
import Backups
import Chat
import Contracts
import Jobs
import Migrations
import Notification
import Outbox
import SQLite
import User

/// The tables of a service's database, by who made them.
struct Schema: Sendable {
    let components: [Component]
    /// The kinds of aggregates whose history must show when somebody changes it.
    let audited: Set<String>

    struct Component: Sendable {
        let name: String
        let migrations: [Migration]
    }

    /// - Returns: `nil` for the gateway, which keeps nothing.
    init?(of service: ServiceName) {
        let own: [Migration]
        switch service {
        case .user: own = UserModule.migrations
        case .chat: own = ChatModule.migrations
        case .ai: own = AIModule.migrations
        case .analytics: own = AnalyticsModule.migrations
        case .notification: own = NotificationModule.migrations
        case .gateway: return nil
        }
        components = [
            Component(name: "outbox", migrations: Outbox.migrations),
            Component(name: "jobs", migrations: SQLJobQueue.migrations),
            Component(name: service.rawValue, migrations: own),
        ]
        audited = service == .user ? ["account"] : []
    }

    func apply(with migrator: Migrator) async throws {
        for component in components { try await migrator.apply(component.migrations, of: component.name) }
    }

    func status(with migrator: Migrator) async throws -> [SchemaStatus] {
        var all: [SchemaStatus] = []
        for component in components {
            all.append(try await migrator.status(of: component.name, component.migrations))
        }
        return all
    }
}

extension ServiceName {
    /// Those that keep something.
    static let withData = allCases.filter { $0 != .gateway }

    /// `chat.sqlite`
    var databaseFile: String { "\(rawValue).sqlite" }
}

extension SchemaStatus {
    var hasApplied: Bool {
        steps.contains { if case .applied = $0.state { true } else { false } }
    }
}
