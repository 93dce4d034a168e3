import Contracts
import ContractsTesting
import FoundationEssentials
import Migrations
import Outbox
import SQLite
import Synchronization
import Testing

/// A service's database with its outbox, and one table of its own: `effects`, of numbers.
struct OutboxRig: Sendable {
    static let databases: [DatabaseRig] = postgresURL == nil ? [.sqlite] : [.sqlite, .postgres]

    let database: any Database
    let clock = TestClock()
    let doorbell = Doorbell()

    static func run(
        on database: DatabaseRig, _ body: @escaping @Sendable (OutboxRig) async throws -> Void
    ) async throws {
        try await database { try await body(prepared($0)) }
    }

    static func prepared(_ database: any Database) async throws -> OutboxRig {
        let rig = OutboxRig(database: database)
        let migrator = Migrator(database: database, now: rig.clock.now, logger: .quiet)
        try await migrator.apply(Outbox.migrations, of: "outbox")
        try await database.transaction {
            try $0.executeScript("CREATE TABLE effects (number BIGINT PRIMARY KEY)")
        }
        return rig
    }

    func unitOfWork(audited: Set<String> = []) -> OutboxUnitOfWork {
        OutboxUnitOfWork(
            database: database, now: clock.now, makeUUID: { UUID() }, doorbell: doorbell, audited: audited)
    }

    /// Commits one event for each number, which is also its sequence.
    func record(
        _ numbers: some Sequence<Int> & Sendable, of aggregate: EventEnvelope.Aggregate = .first,
        audited: Set<String> = []
    ) async throws {
        try await unitOfWork(audited: audited).commit(.sample()) { transaction in
            for number in numbers {
                try transaction.append(Noted(number: number), to: aggregate, sequence: Int64(number))
            }
        }
    }

    func history(of aggregate: EventEnvelope.Aggregate = .first) async throws -> [EventEnvelope] {
        try await unitOfWork().history(of: aggregate, after: 0, limit: 10_000)
    }

    var effects: [Int] {
        get async throws {
            try await database.query("SELECT number FROM effects ORDER BY number").map {
                try $0.value("number")
            }
        }
    }
}

extension SQLTransaction {
    func note(effect number: Int) throws {
        try execute("INSERT INTO effects (number) VALUES (\(number))")
    }
}

extension EventEnvelope.Aggregate {
    static let first = conversation(1)
    static let second = conversation(2)

    static func conversation(_ number: Int) -> EventEnvelope.Aggregate {
        let digits = String(number)
        let zeros = String(repeating: "0", count: 12 - digits.count)
        return EventEnvelope.Aggregate(
            "conversation", UUID(uuidString: "00000000-0000-7000-9000-\(zeros)\(digits)")!)
    }
}

struct Noted: Event {
    static let name = "chat.noted.v1"
    let number: Int
}

/// A bus on which each subscriber takes events as the test says.
final class Subscribers: Bus {
    typealias Delivery = @Sendable ([EventEnvelope]) async throws -> DeliveryReport
    private let deliveries: [ServiceName: Delivery]
    /// What all of them react to.
    let names = Mutex<Set<String>>([Noted.name])
    /// Who was asked what it reacts to.
    let asked = Record<ServiceName>()

    init(_ deliveries: [ServiceName: Delivery]) {
        self.deliveries = deliveries
    }

    func subscriptions(of service: ServiceName) async throws -> Set<String> {
        asked.append(service)
        return deliveries[service] == nil ? [] : names.withLock { $0 }
    }

    func deliver(_ events: [EventEnvelope], to service: ServiceName) async throws -> DeliveryReport {
        try await deliveries[service]!(events)
    }

    func call<R: Request>(_ request: R, _ context: MessageContext) async throws -> R.Response {
        throw ServiceError.unknownMessage(R.name)
    }

    func stream<S: Contracts.Stream>(
        _ request: S, _ context: MessageContext, each: @escaping @Sendable (S.Element) async throws -> Void
    ) async throws {
        throw ServiceError.unknownMessage(S.name)
    }

    func signal<S: Signal>(_ signal: S, _ context: MessageContext) {}
}

extension Record<Int> {
    /// Takes every event and notes its number, up to the first that `fails`.
    func taking(
        _ fails: @escaping @Sendable (EventEnvelope, Int) -> ServiceError? = { _, _ in nil }
    ) -> Subscribers.Delivery {
        { events in
            for (index, event) in events.enumerated() {
                let number = try event.decode(Noted.self).number
                if let failure = fails(event, number) {
                    return DeliveryReport(delivered: index, failure: failure)
                }
                self.append(number)
            }
            return DeliveryReport(delivered: events.count)
        }
    }
}
