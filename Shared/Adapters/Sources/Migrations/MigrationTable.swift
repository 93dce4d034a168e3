import Contracts
import Crypto
import FoundationEssentials

/// A row of the table `schema_migrations`.
struct AppliedMigration: Sendable {
    let version: Int
    let name: String
    let appliedAt: Instant
    /// `nil` when it was applied by a program that kept none.
    let checksum: String?
}

extension Migration {
    /// SHA-256 of the script for this database, in hexadecimal.
    func checksum(for dialect: SQLDialect) -> String {
        SHA256.hash(data: Data(script(for: dialect).utf8)).reduce(into: "") { text, byte in
            text += byte < 16 ? "0" : ""
            text += String(byte, radix: 16)
        }
    }
}

extension SQLReader {
    func hasMigrationTable() throws -> Bool {
        let statement: SQL =
            switch dialect {
            case .sqlite: "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migrations'"
            case .postgres: "SELECT 1 WHERE to_regclass('schema_migrations') IS NOT NULL"
            }
        return try first(statement) != nil
    }

    /// In order of their versions.
    func appliedMigrations(of component: String) throws -> [AppliedMigration] {
        try query("SELECT * FROM schema_migrations WHERE component = \(component) ORDER BY version").map {
            row in
            AppliedMigration(
                version: try row.value("version"), name: try row.value("name"),
                appliedAt: try row.value("applied_at"),
                // A table that an earlier program made has no such column until this one has adopted it.
                checksum: row.columns.contains("checksum") ? try row.value("checksum") : nil)
        }
    }

    /// What was applied, after seeing that this program can go on from there.
    /// - Throws: ``SchemaIsNewer``, ``MigrationChanged``.
    func applied(of series: Series) throws -> [AppliedMigration] {
        let applied = try appliedMigrations(of: series.component)
        let found = applied.last?.version ?? 0
        guard found <= series.migrations.count else {
            throw SchemaIsNewer(component: series.component, found: found, known: series.migrations.count)
        }
        for row in applied {
            let migration = series.migrations[row.version - 1]
            guard row.checksum.map({ $0 == migration.checksum(for: dialect) }) ?? true else {
                throw MigrationChanged(
                    component: series.component, version: row.version, name: migration.name)
            }
        }
        return applied
    }
}

extension SQLTransaction {
    /// Makes the table where there is none.
    func createMigrationTable() throws {
        // Two that start together would both find no table, and then one of them would fail to make it. The
        // number is nobody else's: "frontdes" in ASCII.
        if dialect == .postgres { try executeScript("SELECT pg_advisory_xact_lock(7382085259403486579)") }
        try executeScript(
            """
            CREATE TABLE IF NOT EXISTS schema_migrations (
                component TEXT NOT NULL,
                version BIGINT NOT NULL,
                name TEXT NOT NULL,
                applied_at BIGINT NOT NULL,
                checksum TEXT,
                PRIMARY KEY (component, version)
            )
            """)
    }

    /// Waits until nobody else migrates, and keeps others waiting until the transaction ends. Must be its first
    /// statement: PostgreSQL fixes what a transaction sees with the first one that isn't a LOCK, an advisory
    /// lock included, so whoever waited behind any other would miss what was applied meanwhile.
    func takeTurn() throws {
        // SQLite has one writer anyway.
        guard dialect == .postgres else { return }
        try executeScript("LOCK TABLE schema_migrations IN SHARE ROW EXCLUSIVE MODE")
    }

    /// Takes migrations that have no checksum yet to be those that this program has.
    func adopt(_ applied: [AppliedMigration], of series: Series) throws {
        // The first version kept no checksums, and knew only SQLite.
        let isOld =
            try dialect == .sqlite
            && first("SELECT 1 FROM pragma_table_info('schema_migrations') WHERE name = 'checksum'") == nil
        if isOld { try executeScript("ALTER TABLE schema_migrations ADD COLUMN checksum TEXT") }
        for row in applied where row.checksum == nil {
            let checksum = series.migrations[row.version - 1].checksum(for: dialect)
            try execute(
                """
                UPDATE schema_migrations SET checksum = \(checksum)
                WHERE component = \(series.component) AND version = \(row.version)
                """)
        }
    }
}
