import Contracts

/// How far a component's schema has come.
public struct SchemaStatus: Sendable, Hashable {
    public let component: String
    /// In order of their versions: what the program knows, then what only a newer one does.
    public let steps: [Step]

    public struct Step: Sendable, Hashable {
        public let version: Int
        public let name: String
        public let state: State
    }

    public enum State: Sendable, Hashable {
        case applied(at: Instant)
        case missing
        /// Applied in another form than the program has; see ``MigrationChanged``.
        case changed(at: Instant)
        /// Applied by a newer program; see ``SchemaIsNewer``.
        case unknown(at: Instant)
    }

    /// Whether ``Migrator/apply(_:of:)`` has something to do.
    public var hasMissing: Bool { steps.contains { $0.state == .missing } }

    init(of series: Series, applied: [AppliedMigration], dialect: SQLDialect) {
        component = series.component
        let known = series.migrations.map { migration in
            let state: State
            if let row = applied.first(where: { $0.version == migration.version }) {
                let isSame = row.checksum.map { $0 == migration.checksum(for: dialect) } ?? true
                state = isSame ? .applied(at: row.appliedAt) : .changed(at: row.appliedAt)
            } else {
                state = .missing
            }
            return Step(version: migration.version, name: migration.name, state: state)
        }
        let unknown = applied.filter { $0.version > series.migrations.count }.map {
            Step(version: $0.version, name: $0.name, state: .unknown(at: $0.appliedAt))
        }
        steps = known + unknown
    }
}

/// The data was written by a newer program: this one would misread it.
public struct SchemaIsNewer: Error, CustomStringConvertible {
    public let component: String
    public let found: Int
    public let known: Int

    public var description: String {
        """
        The data of \(component) has schema version \(found), but this program knows only up to \(known). \
        Start the newer program, or restore a backup made by this one.
        """
    }
}

/// A migration was applied in another form than this program has, so nobody knows which schema the data has.
public struct MigrationChanged: Error, CustomStringConvertible {
    public let component: String
    public let version: Int
    public let name: String

    public var description: String {
        """
        The data of \(component) was written with another form of migration \(version) (\(name)) than this \
        program has. Start the program that wrote the data, or restore a backup made by this one. If you changed \
        the migration yourself, change it back and add a new one instead.
        """
    }
}
