import Backups
import Contracts
import ContractsTesting
import FoundationEssentials
import Glibc
import Logging
import Migrations
import Outbox
import SQLite
import Testing

/// A data folder with two services in it: what `chat` records, `ai` reacts to with an effect each.
struct Site: Sendable {
    static let databases = ["ai.sqlite", "chat.sqlite"]
    static let migrations = [
        Migration("0001_create_effects", "CREATE TABLE effects (number INTEGER PRIMARY KEY) STRICT"),
        Migration(
            "0002_create_notes",
            """
            CREATE TABLE notes (
                id INTEGER PRIMARY KEY, effect INTEGER REFERENCES effects (number), text TEXT
            ) STRICT
            """),
    ]

    let folder: String
    let chat: SQLiteDatabase
    let ai: SQLiteDatabase

    /// Opens what is there, or makes it.
    init(_ folder: String, migrations: [Migration] = Self.migrations) async throws {
        self.folder = folder
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        chat = try SQLiteDatabase(path: "\(folder)/chat.sqlite")
        ai = try SQLiteDatabase(path: "\(folder)/ai.sqlite")
        for database in [chat, ai] {
            let migrator = Migrator(database: database, now: TestClock().now, logger: .quiet)
            try await migrator.apply(Outbox.migrations, of: "outbox")
            try await migrator.apply(migrations, of: "site")
        }
    }

    /// Commits an event for each number.
    func record(_ numbers: some Sequence<Int> & Sendable) async throws {
        let unitOfWork = unitOfWork(chat, Doorbell())
        for number in numbers {
            try await unitOfWork.commit(.sample()) { transaction in
                try transaction.append(Noted(number: number), to: .conversation, sequence: Int64(number))
            }
        }
    }

    /// Relays from `chat` to `ai` until cancelled.
    func relay() async throws {
        let ai = unitOfWork(ai, Doorbell())
        let bus = Reaction { event in
            let number = try event.decode(Noted.self).number
            try await ai.react(to: event, .sample()) { transaction in
                try transaction.execute("INSERT INTO effects (number) VALUES (\(number))")
            }
        }
        try await Relay(
            publisher: .chat, database: chat, bus: bus, doorbell: Doorbell(), now: { .systemNow() },
            // As often as it can: what matters is what is in the files.
            sleep: { _ in
                try Task.checkCancellation()
                await Task.yield()
            }, random: { 0 }, logger: .quiet
        ).run()
    }

    /// Relays until `ai` has reacted to everything that `chat` has recorded, and `chat` has noted it.
    func settle() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await relay() }
            let recorded = Int64(try await recorded.count)
            while try await cursor < recorded { await Task.yield() }
            group.cancelAll()
        }
    }

    var recorded: [Int] {
        get async throws {
            try await chat.query("SELECT sequence FROM events ORDER BY position").map {
                try $0.value("sequence")
            }
        }
    }

    /// Up to where `chat` takes `ai` to have come.
    var cursor: Int64 {
        get async throws {
            try await chat.query("SELECT position FROM relay_cursors WHERE subscriber = 'ai'").first?
                .value("position") ?? 0
        }
    }

    var effects: [Int] {
        get async throws {
            try await ai.query("SELECT number FROM effects ORDER BY number").map { try $0.value("number") }
        }
    }

    private func unitOfWork(_ database: any Database, _ doorbell: Doorbell) -> OutboxUnitOfWork {
        OutboxUnitOfWork(
            database: database, now: { .systemNow() }, makeUUID: { UUID() }, doorbell: doorbell,
            audited: ["conversation"])
    }
}

extension SiteBackup {
    init(_ site: String) {
        self.init(
            folder: site, databases: Site.databases, program: "1.0.0", now: TestClock().now,
            sleep: { _ in await Task.yield() })
    }
}

extension BackupReader {
    /// As a program that knows these migrations of the site.
    init(_ file: String, knowing migrations: [Migration] = Site.migrations) {
        self.init(file) { _, path in
            let database = try SQLiteDatabase(path: path)
            let migrator = Migrator(database: database, now: TestClock().now, logger: .quiet)
            let status = try await migrator.status(of: "site", migrations)
            guard status.steps.count == migrations.count else { throw BackupError("It is newer.") }
            let trail = try await Outbox.checkAuditTrail(in: database, audited: ["conversation"])
            if let broken = trail.firstBroken { throw BackupError("Event \(broken.position) was changed.") }
            return ["\(trail.checked) audited events"]
        }
    }
}

struct Noted: Event {
    static let name = "chat.noted.v1"
    let number: Int
}

/// A bus on which `ai` reacts to every event.
private struct Reaction: Bus {
    let react: @Sendable (EventEnvelope) async throws -> Void

    func subscriptions(of service: ServiceName) async throws -> Set<String> {
        service == .ai ? [Noted.name] : []
    }

    func deliver(_ events: [EventEnvelope], to service: ServiceName) async throws -> DeliveryReport {
        for event in events { try await react(event) }
        return DeliveryReport(delivered: events.count)
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

func withTemporaryFolder(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "backup-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await body(folder)
}

func names(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
}

func permissions(of path: String) -> UInt32 {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
}

extension EventEnvelope.Aggregate {
    static let conversation = EventEnvelope.Aggregate(
        "conversation", UUID(uuidString: "00000000-0000-7000-9000-000000000001")!)
}

extension Migration {
    init(_ fileName: String, _ script: String) {
        self.init(fileName: fileName, script: Array(script.utf8))
    }
}

extension Logger {
    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}
