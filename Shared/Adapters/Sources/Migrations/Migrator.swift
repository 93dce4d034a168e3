import Contracts
import Logging

/// Brings a schema up to what the program knows: forward only, one transaction each.
public struct Migrator: Sendable {
    private let database: any Database
    private let now: @Sendable () -> Instant
    private let logger: Logger

    public init(database: any Database, now: @escaping @Sendable () -> Instant, logger: Logger) {
        self.database = database
        self.now = now
        self.logger = logger
    }

    /// Applies what is missing. Interrupted anywhere, the next call goes on where this one stopped; two
    /// at once share the work.
    /// - Parameters:
    ///   - component: Whose tables: several components can live in one database, each with its own series.
    ///   - migrations: In order, versions 1, 2, 3, …
    /// - Throws: ``SchemaIsNewer`` or ``MigrationChanged`` before anything is changed.
    public func apply(_ migrations: [Migration], of component: String) async throws {
        let series = Series(component: component, migrations: migrations)
        try await database.transaction { try $0.createMigrationTable() }
        let done = try await database.transaction { transaction in
            try transaction.takeTurn()
            let applied = try transaction.applied(of: series)
            try transaction.adopt(applied, of: series)
            return Set(applied.map(\.version))
        }
        for migration in migrations where !done.contains(migration.version) {
            try await apply(migration, of: series)
        }
    }

    /// What was applied and what is missing. Changes nothing, and doesn't wait for whoever migrates.
    public func status(of component: String, _ migrations: [Migration]) async throws -> SchemaStatus {
        let series = Series(component: component, migrations: migrations)
        return try await database.read { reader in
            let applied = try reader.hasMigrationTable() ? reader.appliedMigrations(of: component) : []
            return SchemaStatus(of: series, applied: applied, dialect: reader.dialect)
        }
    }

    private func apply(_ migration: Migration, of series: Series) async throws {
        let appliedAt = now().microsecondsSinceEpoch
        let isNew = try await database.transaction { transaction in
            try transaction.takeTurn()
            // Somebody else may have applied it since the last look, or more than this program knows.
            let applied = try transaction.applied(of: series)
            guard !applied.contains(where: { $0.version == migration.version }) else { return false }
            try transaction.executeScript(migration.script(for: transaction.dialect))
            try transaction.execute(
                """
                INSERT INTO schema_migrations (component, version, name, checksum, applied_at)
                VALUES (
                    \(series.component), \(migration.version), \(migration.name),
                    \(migration.checksum(for: transaction.dialect)), \(appliedAt)
                )
                """)
            return true
        }
        if isNew {
            logger.info(
                "Migration applied",
                metadata: ["db.migration": "\(series.component) \(migration.version) \(migration.name)"])
        }
    }
}

/// The migrations of one component.
struct Series: Sendable {
    let component: String
    let migrations: [Migration]

    init(component: String, migrations: [Migration]) {
        precondition(
            migrations.map(\.version) == migrations.indices.map { $0 + 1 },
            "The migrations of \(component) aren't numbered 1, 2, 3, …"
        )
        self.component = component
        self.migrations = migrations
    }
}
