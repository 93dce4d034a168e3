import Contracts
import Logging

/// Brings a service's recorded events to every service that reacts to them: at least once, in order, each
/// subscriber at its own pace.
public struct Relay: Sendable {
    let publisher: ServiceName
    let database: any Database
    let bus: any Bus
    let doorbell: Doorbell
    let now: @Sendable () -> Instant
    let sleep: @Sendable (Duration) async throws -> Void
    /// A number from 0 up to 1, for jitter.
    let random: @Sendable () -> Double
    let logger: Logger

    /// How long an event that nobody rang for can lie: another process may have written it.
    private static let pollInterval = Duration.seconds(2)

    public init(
        publisher: ServiceName, database: any Database, bus: any Bus, doorbell: Doorbell,
        now: @escaping @Sendable () -> Instant, sleep: @escaping @Sendable (Duration) async throws -> Void,
        random: @escaping @Sendable () -> Double, logger: Logger
    ) {
        self.publisher = publisher
        self.database = database
        self.bus = bus
        self.doorbell = doorbell
        self.now = now
        self.sleep = sleep
        self.random = random
        self.logger = logger
    }

    /// Returns when cancelled.
    public func run() async throws {
        do {
            try await runLanes()
        } catch is CancellationError where Task.isCancelled {}
    }

    private func runLanes() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            // The gateway keeps nothing, so there is nothing that an event could change there.
            for subscriber in ServiceName.allCases where subscriber != .gateway {
                let lane = RelayLane(subscriber: subscriber, relay: self)
                group.addTask { try await lane.run() }
            }
            group.addTask {
                while !Task.isCancelled {
                    try await sleep(Self.pollInterval)
                    doorbell.ring()
                }
            }
            try await group.waitForAll()
        }
    }
}
