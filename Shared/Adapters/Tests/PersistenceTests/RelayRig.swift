import Contracts
import ContractsTesting
import Outbox
import Synchronization

/// A relay at work, whose time is in the test's hands.
final class RunningRelay: Sendable {
    /// How long it wanted to wait after failures; each passes at once.
    let pauses = Record<Duration>()
    private let looks = Record<ServiceName>()
    private let polls: AsyncStream<Void>
    private let startPoll: AsyncStream<Void>.Continuation

    /// Every service but the gateway.
    private static let lanes = 5

    init() {
        (polls, startPoll) = AsyncStream.makeStream(of: Void.self)
    }

    /// Lets the relay look round, as it does every two seconds; returns when every lane is about to.
    func poll() async throws {
        let before = looks.items.count
        startPoll.yield()
        try await looks.reaches(before + Self.lanes)
    }

    /// Polls until `isDone`.
    /// - Parameter step: How much time passes between two polls.
    func poll(every step: Duration, of clock: TestClock, until isDone: () async throws -> Bool) async throws {
        while try await !isDone() {
            clock.advance(by: step)
            try await poll()
        }
    }

    /// How the relay waits.
    func pass(_ duration: Duration) async throws {
        if duration == .seconds(2) {
            for await _ in polls { break }
        } else {
            pauses.append(duration)
        }
        try Task.checkCancellation()
    }

    /// `bus`, and a note of whose subscriptions are asked for.
    func watching(_ bus: any Bus) -> any Bus { Watched(base: bus, looks: looks) }

    private struct Watched: Bus {
        let base: any Bus
        let looks: Record<ServiceName>

        func subscriptions(of service: ServiceName) async throws -> Set<String> {
            looks.append(service)
            return try await base.subscriptions(of: service)
        }

        func deliver(_ events: [EventEnvelope], to service: ServiceName) async throws -> DeliveryReport {
            try await base.deliver(events, to: service)
        }

        func call<R: Request>(_ request: R, _ context: MessageContext) async throws -> R.Response {
            try await base.call(request, context)
        }

        func stream<S: Contracts.Stream>(
            _ request: S, _ context: MessageContext, each: @escaping @Sendable (S.Element) async throws -> Void
        ) async throws {
            try await base.stream(request, context, each: each)
        }

        func signal<S: Signal>(_ signal: S, _ context: MessageContext) {
            base.signal(signal, context)
        }
    }
}

extension OutboxRig {
    func relay(
        _ bus: any Bus, of publisher: ServiceName = .chat,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) -> Relay {
        Relay(
            publisher: publisher, database: database, bus: bus, doorbell: doorbell, now: clock.now,
            sleep: sleep,
            random: { 0.75 }, logger: .quiet)
    }

    /// Runs a relay beside `body`.
    func relaying(
        over bus: any Bus, of publisher: ServiceName = .chat,
        _ body: @escaping @Sendable (RunningRelay) async throws -> Void
    ) async throws {
        let running = RunningRelay()
        let relay = relay(running.watching(bus), of: publisher, sleep: running.pass)
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await relay.run() }
            try await within { try await body(running) }
        }
    }

    func relaying(
        _ deliveries: [ServiceName: Subscribers.Delivery],
        _ body: @escaping @Sendable (RunningRelay) async throws -> Void
    ) async throws {
        try await relaying(over: Subscribers(deliveries), body)
    }

    /// `subscriber position code attempts`
    func deadLetters() async throws -> [String] {
        try await database.query("SELECT * FROM dead_letters ORDER BY subscriber, position").map { row in
            let subscriber: String = try row.value("subscriber")
            let position: Int = try row.value("position")
            let code: String = try row.value("code")
            let attempts: Int = try row.value("attempts")
            return "\(subscriber) \(position) \(code) \(attempts)"
        }
    }

    /// Positions that wait for a subscriber, and how often each has failed.
    func parked(for subscriber: ServiceName = .ai) async throws -> [Int: Int] {
        try await database.query(
            "SELECT position, attempts FROM parked_deliveries WHERE subscriber = \(subscriber)"
        ).reduce(into: [:]) { parked, row in
            parked[try row.value("position")] = try row.value("attempts", as: Int.self)
        }
    }
}
