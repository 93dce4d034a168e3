import Contracts
import FoundationEssentials
import Testing

/// A database under test: makes an empty one, hands it over, and removes it.
public struct DatabaseRig: Sendable, CustomTestStringConvertible {
    public typealias Body = @Sendable (any Database) async throws -> Void

    public let testDescription: String
    /// How many rows it streams in a few seconds.
    let streamedRows: Int
    private let run: @Sendable (@escaping Body) async throws -> Void

    public init(
        _ name: String, streamedRows: Int = 1_000_000,
        run: @escaping @Sendable (@escaping Body) async throws -> Void
    ) {
        testDescription = name
        self.streamedRows = streamedRows
        self.run = run
    }

    public func callAsFunction(_ body: @escaping Body) async throws {
        try await run { database in try await within(.seconds(60)) { try await body(database) } }
    }
}

/// What every ``Database`` promises, whatever is behind it.
public enum DatabaseConformance {
    public static let checks: [Check<DatabaseRig>] = values + statements + transactions + concurrency + reads

    /// Writes and reads each text, byte for byte.
    public static func roundTrip(_ texts: [String], in rig: DatabaseRig) async throws {
        try await rig { database in
            try await database.createThings()
            try await roundTrip(texts.map(ExactText.init), in: "words", of: database)
        }
    }
}

extension Database {
    /// `things`, with a column of each kind.
    func createThings() async throws {
        let script =
            switch dialect {
            case .sqlite:
                """
                CREATE TABLE things (
                    id INTEGER PRIMARY KEY, flag INTEGER, whole INTEGER, fraction REAL, words TEXT, raw BLOB,
                    code BLOB, moment INTEGER, document TEXT
                ) STRICT;
                """
            case .postgres:
                """
                CREATE TABLE things (
                    id BIGINT PRIMARY KEY, flag BOOLEAN, whole BIGINT, fraction DOUBLE PRECISION, words TEXT,
                    raw BYTEA, code UUID, moment TIMESTAMPTZ, document JSONB
                );
                """
            }
        try await transaction { try $0.executeScript(script) }
    }

    /// `counters`, with one at 0.
    func createCounter() async throws {
        try await transaction {
            try $0.executeScript(
                """
                CREATE TABLE counters (id BIGINT PRIMARY KEY, value BIGINT NOT NULL);
                INSERT INTO counters (id, value) VALUES (1, 0);
                """)
        }
    }

    var counter: Int {
        get async throws { try await query("SELECT value FROM counters")[0].value("value") }
    }
}

extension SQLReader {
    func counter() throws -> Int {
        try query("SELECT value FROM counters")[0].value("value")
    }
}

extension SQLTransaction {
    func increment() throws {
        try execute("UPDATE counters SET value = value + 1")
    }
}

/// Text that is equal only when its bytes are: `String` takes two spellings of é for the same.
struct ExactText: SQLConvertible, Equatable, Sendable {
    let text: String

    init(_ text: String) {
        self.text = text
    }

    var sqlValue: SQLValue { .text(text) }

    init?(sqlValue: SQLValue) {
        guard let text = String(sqlValue: sqlValue) else { return nil }
        self.text = text
    }

    static func == (left: ExactText, right: ExactText) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }
}

struct JSONText: SQLConvertible, Equatable, Sendable {
    let text: String

    init(_ text: String) {
        self.text = text
    }

    var sqlValue: SQLValue { .json(text) }

    init?(sqlValue: SQLValue) {
        guard let text = String(sqlValue: sqlValue) else { return nil }
        self.text = text
    }
}
