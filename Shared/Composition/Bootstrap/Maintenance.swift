import Backups
import Contracts
import FoundationEssentials
import Logging
import Migrations
import Outbox
import PostgreSQL
import SQLite

/// What an owner does with the data of a site as a whole.
public struct Maintenance: Sendable {
    private let settings: Settings
    private let version: String
    private let logger: Logger

    private static let now: @Sendable () -> Instant = { .systemNow() }

    /// - Parameter version: Of the program; noted in backups.
    public init(settings: Settings, version: String, logger: Logger = .frontdesk(level: .warning)) {
        self.settings = settings
        self.version = version
        self.logger = logger
    }

    // MARK: - Backups

    /// - Returns: What was written, for a person.
    /// - Throws: `BackupError`.
    public func backUp(to file: String, replacing: Bool) async throws -> String {
        if let postgres = try postgresBackup {
            try await postgres.write(to: file, replacing: replacing)
            return "\(file): all schemas of PostgreSQL."
        }
        try RestoredFolder(settings.dataFolder).requireWhole()
        let done = try await siteBackup.write(to: file, replacing: replacing)
        let rows = done.members.reduce(0) { $0 + $1.contents.rows }
        return "\(file): \(done.members.count) databases, \(rows) rows, as of \(done.createdAt)."
    }

    /// - Returns: What was restored, for a person.
    /// - Throws: `BackupError`; `DataFolderInUse` when a server works on the folder.
    public func restore(_ file: String) async throws -> String {
        let isPostgres = PostgreSQLBackup.isOne(file)
        if let postgres = try postgresBackup {
            guard isPostgres else { throw BackupError("\(file) is a backup of a site on SQLite.") }
            try await postgres.restore(file)
            return "Restored to PostgreSQL."
        }
        guard !isPostgres else {
            throw BackupError(
                "\(file) is a backup of a site on PostgreSQL. Name the database with FRONTDESK_DATABASE_URL.")
        }
        let lock = try DataFolderLock(
            settings.dataFolder, services: ServiceName.withData.map(\.rawValue))
        defer { lock.release() }
        let restored = try await reader(file).restore(to: settings.dataFolder)
        return "Restored to \(settings.dataFolder), as it was on \(restored.createdAt)."
    }

    /// - Throws: `BackupError` when it can't even be unpacked.
    public func verify(_ file: String) async throws -> BackupCheck {
        if PostgreSQLBackup.isOne(file) {
            try await PostgreSQLBackup.verify(file)
            return BackupCheck(
                checks: ["all of it can be read by pg_restore; only restoring it shows more"], problems: [])
        }
        let report = try await reader(file).verify(in: FileManager.default.temporaryDirectory.path)
        let origin = "made by version \(report.manifest.program) on \(report.manifest.createdAt)"
        return BackupCheck(checks: [origin] + report.checks, problems: report.problems)
    }

    /// For a process that runs every service.
    func scheduledBackups(
        into folder: String, every interval: Duration, keeping kept: Int,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) -> Job {
        ScheduledBackups(
            folder: folder, interval: interval, kept: kept,
            backup: { _ = try await backUp(to: $0, replacing: false) },
            now: Self.now, sleep: sleep, logger: logger
        ).job
    }

    private var siteBackup: SiteBackup {
        SiteBackup(
            folder: settings.dataFolder, databases: ServiceName.withData.map(\.databaseFile), program: version,
            now: Self.now, sleep: { try await ContinuousClock().sleep(for: $0) })
    }

    private func reader(_ file: String) -> BackupReader {
        BackupReader(file) { [self] name, path in try await inspect(name, path) }
    }

    private func inspect(_ name: String, _ path: String) async throws -> [String] {
        guard let service = ServiceName.withData.first(where: { $0.databaseFile == name }),
            let schema = Schema(of: service)
        else { throw BackupError("This program has no such service. Use the one that made the backup.") }
        let database = try SQLiteDatabase(path: path)
        let status = try await schema.status(with: migrator(database))
        for step in status.flatMap(\.steps) { try requireKnown(step) }
        var lines = ["every migration is known, with the same SHA-256"]
        if !schema.audited.isEmpty, status.first(where: { $0.component == "outbox" })?.hasMissing == false {
            let trail = try await Outbox.checkAuditTrail(in: database, audited: schema.audited)
            if let broken = trail.firstBroken {
                throw BackupError(
                    "The audited event at position \(broken.position) isn't as it was recorded, or one before is missing."
                )
            }
            lines.append("the chain of hashes through \(trail.checked) audited events")
        }
        return lines
    }

    private func requireKnown(_ step: SchemaStatus.Step) throws {
        switch step.state {
        case .applied, .missing: return
        case .unknown:
            throw BackupError(
                "Its schema is newer than what this program knows (version \(step.version), \(step.name)). Use the newer program."
            )
        case .changed:
            throw BackupError(
                "It was written with another form of migration \(step.version) (\(step.name)). Use the program that wrote it."
            )
        }
    }

    /// - Returns: `nil` for a site on SQLite.
    private var postgresBackup: PostgreSQLBackup? {
        get throws {
            guard let url = settings.databaseURL else { return nil }
            return try PostgreSQLBackup(
                url: url, schemas: ServiceName.withData.map { settings.databaseSchemaPrefix + $0.rawValue })
        }
    }

    // MARK: - Migrations

    /// How far each part of each service's data has come, where there is a database.
    public func migrationStatus() async throws -> [MigrationStatus] {
        var all: [MigrationStatus] = []
        for service in ServiceName.withData {
            guard let schema = Schema(of: service), let database = try await existingDatabase(of: service)
            else { continue }
            all += try await schema.status(with: migrator(database)).map { MigrationStatus(service, $0) }
        }
        return all
    }

    /// Upgrades every database that is there, each on its own.
    public func migrate() async throws {
        for service in ServiceName.withData {
            guard let schema = Schema(of: service), let database = try await existingDatabase(of: service)
            else { continue }
            try await Upgrade(
                service: service, dataFolder: settings.dataFolder, database: database, holdsLock: false,
                now: Self.now, logger: logger
            ).run(schema)
        }
    }

    /// - Returns: `nil` when there is none yet: then it is made, up to date, by the first start.
    private func existingDatabase(of service: ServiceName) async throws -> (any Database)? {
        guard let url = settings.databaseURL else {
            try RestoredFolder(settings.dataFolder).requireWhole()
            let path = "\(settings.dataFolder)/\(service.databaseFile)"
            return FileManager.default.fileExists(atPath: path) ? try SQLiteDatabase(path: path) : nil
        }
        let schema = settings.databaseSchemaPrefix + service.rawValue
        let database = PostgreSQLDatabase(try PostgreSQLConfiguration(url: url, schema: schema))
        let found = try await database.query("SELECT nspname FROM pg_namespace WHERE nspname = \(schema)")
        return found.isEmpty ? nil : database
    }

    private func migrator(_ database: any Database) -> Migrator {
        Migrator(database: database, now: Self.now, logger: logger)
    }
}
