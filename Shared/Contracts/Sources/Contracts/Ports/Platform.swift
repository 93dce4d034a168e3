import FoundationEssentials
import Logging

/// What every service is given to stand on. All of it lives as long as the process.
public struct Platform: Sendable {
    public let bus: any Bus
    public let database: any Database
    public let unitOfWork: any UnitOfWork
    /// The wall clock.
    public let now: @Sendable () -> Instant
    /// A new UUID, version 7.
    public let makeUUID: @Sendable () -> UUID
    public let logger: Logger

    public init(
        bus: any Bus, database: any Database, unitOfWork: any UnitOfWork,
        now: @escaping @Sendable () -> Instant,
        makeUUID: @escaping @Sendable () -> UUID, logger: Logger
    ) {
        self.bus = bus
        self.database = database
        self.unitOfWork = unitOfWork
        self.now = now
        self.makeUUID = makeUUID
        self.logger = logger
    }
}

/// Work that a service does on its own for as long as the process lives, such as answering what waits.
/// Returns when its task is cancelled; a job that throws ends the process.
public struct Job: Sendable {
    public let name: String
    public let run: @Sendable () async throws -> Void

    public init(_ name: String, run: @escaping @Sendable () async throws -> Void) {
        self.name = name
        self.run = run
    }
}
