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
    /// - Throws: ``SchemaIsNewer`` before anything is changed.
    public func apply(_ migrations: [Migration], of component: String) async throws {
        precondition(
            migrations.map(\.version) == migrations.indices.map { $0 + 1 },
            "The migrations of \(component) aren't numbered 1, 2, 3, …"
        )
        try await database.transaction { transaction in
            try transaction.executeScript(
                """
                CREATE TABLE IF NOT EXISTS schema_migrations (
                    component TEXT NOT NULL,
                    version INTEGER NOT NULL,
                    name TEXT NOT NULL,
                    applied_at BIGINT NOT NULL,
                    PRIMARY KEY (component, version)
                )
                """)
            let applied = try transaction.version(of: component)
            guard applied <= migrations.count else {
                throw SchemaIsNewer(component: component, found: applied, known: migrations.count)
            }
        }
        for migration in migrations {
            try await apply(migration, of: component)
        }
    }

    private func apply(_ migration: Migration, of component: String) async throws {
        let appliedAt = now().microsecondsSinceEpoch
        let isNew = try await database.transaction { transaction in
            guard try transaction.version(of: component) < migration.version else { return false }
            try transaction.executeScript(migration.script)
            try transaction.execute(
                """
                INSERT INTO schema_migrations (component, version, name, applied_at)
                VALUES (\(component), \(migration.version), \(migration.name), \(appliedAt))
                """)
            return true
        }
        if isNew {
            logger.info(
                "Migration applied",
                metadata: ["db.migration": "\(component) \(migration.version) \(migration.name)"])
        }
    }
}

extension SQLReader {
    fileprivate func version(of component: String) throws -> Int {
        let row = try first(
            "SELECT COALESCE(MAX(version), 0) AS version FROM schema_migrations WHERE component = \(component)")
        return try row?.value("version") ?? 0
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
