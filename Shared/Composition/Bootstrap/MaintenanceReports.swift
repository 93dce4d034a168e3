import Contracts
import Migrations

/// What came of looking at a backup.
public struct BackupCheck: Sendable {
    /// What was found to be right, a line each.
    public let checks: [String]
    /// What is wrong, a line each; empty when the backup is good.
    public let problems: [String]
}

/// How far one part of a service's data has come.
public struct MigrationStatus: Sendable {
    public let service: ServiceName
    public let component: String
    public let applied: Int
    /// How many the program has.
    public let known: Int
    /// By name, in order.
    public let missing: [String]
    /// Whether something was applied that the program doesn't know, or in another form.
    public let isForeign: Bool

    init(_ service: ServiceName, _ status: SchemaStatus) {
        self.service = service
        component = status.component
        missing = status.steps.filter { $0.state == .missing }.map(\.name)
        applied = status.steps.count - missing.count
        let unknown = status.steps.filter { if case .unknown = $0.state { true } else { false } }
        known = status.steps.count - unknown.count
        isForeign =
            !unknown.isEmpty || status.steps.contains { if case .changed = $0.state { true } else { false } }
    }
}
