import Backups
import Contracts
import FoundationEssentials
import Jobs
import Logging
import Outbox
import PostgreSQL
import SQLite

/// What a process makes once and hands to each of its services.
struct Ground: Sendable {
    let settings: Settings
    let bus: any Bus
    let logger: Logger
    /// Whether this process keeps other servers off the data folder.
    var holdsLock = false

    let now: @Sendable () -> Instant = { .systemNow() }
    let sleep: @Sendable (Duration) async throws -> Void = { try await ContinuousClock().sleep(for: $0) }
    let random: @Sendable () -> Double = { Double.random(in: 0..<1) }
    let makeUUID: @Sendable () -> UUID = {
        var random = SystemRandomNumberGenerator()
        return .version7(at: .systemNow(), using: &random)
    }

    /// Opens a service's own database and brings its schema up to date.
    func footing(for service: ServiceName) async throws -> Footing {
        guard let schema = Schema(of: service) else { preconditionFailure("\(service) keeps nothing.") }
        let logger = logger(for: service)
        let jobQueue = SQLJobQueue(database: try await database(of: service), now: now)
        let database = jobQueue.database
        try await Upgrade(
            service: service, dataFolder: settings.dataFolder, database: database, holdsLock: holdsLock,
            now: now,
            logger: logger
        ).run(schema)

        let doorbell = Doorbell()
        let unitOfWork = OutboxUnitOfWork(
            database: database, now: now, makeUUID: makeUUID, doorbell: doorbell,
            audited: schema.audited)
        return Footing(
            platform: Platform(
                bus: bus, database: database, unitOfWork: unitOfWork, now: now, makeUUID: makeUUID,
                logger: logger),
            relay: Relay(
                publisher: service, database: database, bus: bus, doorbell: doorbell, now: now, sleep: sleep,
                random: random, logger: logger),
            operations: OutboxOperations(
                service: service, database: database, audited: schema.audited, now: now, logger: logger),
            jobQueue: jobQueue)
    }

    private func database(of service: ServiceName) async throws -> any Database {
        try FileManager.default.createDirectory(
            atPath: settings.dataFolder, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        guard let url = settings.databaseURL else {
            try RestoredFolder(settings.dataFolder).requireWhole()
            return try SQLiteDatabase(path: "\(settings.dataFolder)/\(service.rawValue).sqlite")
        }
        let schema = settings.databaseSchemaPrefix + service.rawValue
        let database = PostgreSQLDatabase(try PostgreSQLConfiguration(url: url, schema: schema))
        // Where the role may not make schemas, somebody has made it; two processes may both find none.
        do {
            try await database.transaction { transaction in
                let known = try transaction.query("SELECT 1 FROM pg_namespace WHERE nspname = \(schema)")
                if known.isEmpty { try transaction.executeScript("CREATE SCHEMA IF NOT EXISTS \(schema)") }
            }
        } catch DatabaseError.uniqueViolation {}
        return database
    }

    func logger(for service: ServiceName) -> Logger {
        var logger = logger
        logger[metadataKey: "service.name"] = "\(service)"
        return logger
    }
}

/// What one service stands on.
struct Footing: Sendable {
    let platform: Platform
    let relay: Relay
    let operations: OutboxOperations
    let jobQueue: SQLJobQueue
}
