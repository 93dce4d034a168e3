import Contracts
import Logging
import Synchronization

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
    let polls = PollCount()

    /// How long an event that nobody rang for can lie, since another process may have written it; how long
    /// a delivery that is due again, and how long a subscriber's new reaction goes unnoticed.
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
                group.addTask {
                    var lane = RelayLane(subscriber: subscriber, relay: self)
                    try await lane.run()
                }
            }
            group.addTask {
                while !Task.isCancelled {
                    try await sleep(Self.pollInterval)
                    polls.increment()
                    doorbell.ring()
                }
            }
            try await group.waitForAll()
        }
    }
}

/// Tells lanes that it is time to look at everything again, by a number that no clock can turn back.
final class PollCount: Sendable {
    private let number = Atomic(0)

    var count: Int { number.load(ordering: .relaxed) }

    func increment() {
        number.add(1, ordering: .relaxed)
    }
}
