import Backups
import Contracts
import Logging
import Migrations

/// Brings the database of a service up to what the program knows, and leaves it as it was when that fails.
struct Upgrade: Sendable {
    let service: ServiceName
    let dataFolder: String
    let database: any Database
    /// Whether this process keeps others off the data already.
    let holdsLock: Bool
    let now: @Sendable () -> Instant
    let logger: Logger

    /// - Throws: ``UpgradeFailed``; ``UpgradeNeedsServerStopped``; `SchemaIsNewer` and `MigrationChanged` before
    ///   anything is changed.
    func run(_ schema: Schema) async throws {
        let migrator = Migrator(database: database, now: now, logger: logger)
        // There a migration that fails is undone by the server, tables and all.
        guard database.dialect == .sqlite else { return try await schema.apply(with: migrator) }

        let snapshots = UpgradeSnapshots(service: service.rawValue, dataFolder: dataFolder, now: now)
        guard try await isNeeded(schema, migrator) || snapshots.isInterrupted else {
            return try await schema.apply(with: migrator)
        }
        let lock = try holdsLock ? nil : lockForUpgrade()
        defer { lock?.release() }
        if try await snapshots.recover() {
            logger.notice("Interrupted upgrade undone", metadata: ["service.name": "\(service)"])
        }
        // Somebody else may have done it meanwhile.
        guard try await isNeeded(schema, migrator) else { return try await schema.apply(with: migrator) }
        logger.notice("Upgrade begins", metadata: ["service.name": "\(service)"])
        try await snapshots.protect { try await schema.apply(with: migrator) }
    }

    /// Whether there is something to change in what is there; a new database has nothing to lose.
    private func isNeeded(_ schema: Schema, _ migrator: Migrator) async throws -> Bool {
        let status = try await schema.status(with: migrator)
        // An interrupted upgrade by a newer program is undone before this is asked in earnest.
        return status.contains(where: \.hasMissing) && status.contains(where: \.hasApplied)
    }

    private func lockForUpgrade() throws -> DataFolderLock {
        do {
            return try DataFolderLock(dataFolder, services: [service.rawValue])
        } catch let inUse as DataFolderInUse {
            throw UpgradeNeedsServerStopped(service: service, processID: inUse.processID)
        }
    }
}

/// The data is of an older version, and a server of that version is running on it.
struct UpgradeNeedsServerStopped: Error, CustomStringConvertible {
    let service: ServiceName
    let processID: Int32?

    var description: String {
        let who = processID.map { " (process \($0))" } ?? ""
        return """
            The data of \(service) must be upgraded for this program, but an older server\(who) works on it. Stop \
            that, and start this version once.
            """
    }
}
