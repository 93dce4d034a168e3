import Contracts
import FoundationEssentials
import GRDB

// GRDB has a type of this name too.
public typealias SQL = Contracts.SQL

/// A transaction that somebody else begins and ends: ``GroupCommit`` for writers, GRDB for readers.
struct SQLiteTransaction: SQLTransaction {
    let connection: GRDB.Database

    private static let maximumParametersOfKept = 100

    var dialect: SQLDialect { .sqlite }

    func query(_ statement: SQL) throws -> [SQLRow] {
        try translatingErrors { try rows(of: prepare(statement)) }
    }

    func rows(of prepared: Statement) throws -> [SQLRow] {
        let columns = prepared.columnNames
        var rows: [SQLRow] = []
        let cursor = try Row.fetchCursor(prepared)
        while let row = try cursor.next() {
            rows.append(SQLRow(columns: columns, row))
        }
        return rows
    }

    @discardableResult
    func execute(_ statement: SQL) throws -> Int {
        try translatingErrors {
            try prepare(statement).execute()
            return connection.changesCount
        }
    }

    func executeScript(_ script: String) throws {
        try translatingErrors { try connection.execute(sql: script) }
    }

    func prepare(_ statement: SQL) throws -> Statement {
        try statement.checkText()
        // Those with many parameters are lists of any length: kept, each length would be kept for good.
        let text = statement.text { _ in "?" }
        let prepared =
            statement.parameters.count <= Self.maximumParametersOfKept
            ? try connection.cachedStatement(sql: text) : try connection.makeStatement(sql: text)
        prepared.setUncheckedArguments(StatementArguments(statement.parameters.map { $0.databaseValue }))
        return prepared
    }
}

extension SQLRow {
    init(columns: [String], _ row: Row) {
        self.init(columns: columns, values: row.databaseValues.map(SQLValue.init))
    }
}

extension SQLValue {
    /// SQLite has five kinds of value: a UUID is kept as its 16 bytes, an instant as microseconds.
    fileprivate var databaseValue: DatabaseValue {
        switch self {
        case .null: .null
        case .bool(let bool): bool.databaseValue
        case .integer(let integer): integer.databaseValue
        case .real(let real): real.databaseValue
        case .text(let text), .json(let text): text.databaseValue
        case .bytes(let bytes): Data(bytes).databaseValue
        case .uuid(let uuid): withUnsafeBytes(of: uuid.uuid) { Data($0) }.databaseValue
        case .instant(let instant): instant.microsecondsSinceEpoch.databaseValue
        }
    }

    fileprivate init(_ value: DatabaseValue) {
        switch value.storage {
        case .null: self = .null
        case .int64(let integer): self = .integer(integer)
        case .double(let real): self = .real(real)
        case .string(let text): self = .text(text)
        case .blob(let data): self = .bytes([UInt8](data))
        }
    }
}
