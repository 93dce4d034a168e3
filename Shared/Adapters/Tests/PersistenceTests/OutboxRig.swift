import Contracts
import ContractsTesting
import FoundationEssentials
import Migrations
import Outbox
import SQLite
import Synchronization
import Testing

/// A service's database with its outbox, and one table of its own.
struct OutboxRig: Sendable {
    let path: String
    let database: any Database
    let clock = TestClock()
    let doorbell = Doorbell()
    let uuids = CountingUUIDs()
    let aggregate = EventEnvelope.Aggregate(
        "conversation", UUID(uuidString: "00000000-0000-7000-8000-0000000000cc")!)

    static func run(_ body: (OutboxRig) async throws -> Void) async throws {
        try await withTemporaryFolder { folder async throws in
            let rig = try OutboxRig(
                path: folder + "/test.sqlite", database: SQLiteDatabase(path: folder + "/test.sqlite"))
            let migrator = Migrator(database: rig.database, now: rig.clock.now, logger: .quiet)
            try await migrator.apply(Outbox.migrations, of: "outbox")
            try await rig.database.createNotes()
            try await body(rig)
        }
    }

    var unitOfWork: OutboxUnitOfWork {
        OutboxUnitOfWork(database: database, now: clock.now, makeUUID: uuids.next, doorbell: doorbell)
    }

    /// Commits one event for each number, which is also its sequence.
    func record(_ numbers: some Sequence<Int> & Sendable) async throws {
        try await unitOfWork.commit(.sample()) { [aggregate] transaction in
            for number in numbers {
                try transaction.append(Noted(number: number), to: aggregate, sequence: Int64(number))
            }
        }
    }

    func history() async throws -> [EventEnvelope] {
        try await unitOfWork.history(of: aggregate, after: 0, limit: 1000)
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

    init(_ deliveries: [ServiceName: Delivery]) {
        self.deliveries = deliveries
    }

    func subscriptions(of service: ServiceName) async throws -> Set<String> {
        deliveries[service] == nil ? [] : [Noted.name]
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
    /// Takes every event, and notes its number.
    var taking: Subscribers.Delivery {
        { events in
            for event in events { self.append(try event.decode(Noted.self).number) }
            return DeliveryReport(delivered: events.count)
        }
    }
}
