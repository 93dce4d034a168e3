import Contracts
import FoundationEssentials
import Logging
import Migrations
import Outbox
import SQLite

/// What a process makes once and hands to each of its services.
struct Ground: Sendable {
    let settings: Settings
    let bus: any Bus
    let logger: Logger

    let now: @Sendable () -> Instant = { .systemNow() }
    let sleep: @Sendable (Duration) async throws -> Void = { try await ContinuousClock().sleep(for: $0) }
    let makeUUID: @Sendable () -> UUID = {
        var random = SystemRandomNumberGenerator()
        return .version7(at: .systemNow(), using: &random)
    }

    /// Opens a service's own database and brings its schema up to date.
    func footing(for service: ServiceName, _ migrations: [Migration]) async throws -> Footing {
        try FileManager.default.createDirectory(
            atPath: settings.dataFolder, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        let database = try SQLiteDatabase(path: "\(settings.dataFolder)/\(service.rawValue).sqlite")
        let logger = logger(for: service)
        let migrator = Migrator(database: database, now: now, logger: logger)
        try await migrator.apply(Outbox.migrations, of: "outbox")
        try await migrator.apply(migrations, of: service.rawValue)

        let doorbell = Doorbell()
        let unitOfWork = OutboxUnitOfWork(
            database: database, now: now, makeUUID: makeUUID, doorbell: doorbell)
        let relay = Relay(
            publisher: service, database: database, bus: bus, doorbell: doorbell, now: now, sleep: sleep,
            random: { Double.random(in: 0..<1) }, logger: logger)
        return Footing(
            platform: Platform(
                bus: bus, database: database, unitOfWork: unitOfWork, now: now, makeUUID: makeUUID,
                logger: logger),
            relay: relay)
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
}
