import CPostgreSQL
import Contracts

/// A transaction that somebody else begins and ends.
final class PostgreSQLTransaction: SQLTransaction {
    /// Long enough to rewrite a large table: scripts are migrations.
    private static let scriptLimit = Duration.seconds(3600)

    private let connection: Connection
    private let attention: Attention
    private let canceller: Canceller
    /// What broke it. PostgreSQL takes no more statements then, so it decides about the whole.
    private(set) var failure: PostgreSQLFailure?

    var dialect: SQLDialect { .postgres }

    init(_ connection: Connection, _ session: Session) {
        self.connection = connection
        attention = session.attention
        canceller = session.canceller
    }

    func query(_ statement: SQL) throws -> [SQLRow] {
        try noting {
            try connection.run(statement, attention, canceller) { result, prepared in
                try prepared.columns(of: result).rows(of: result)
            }
        }
    }

    @discardableResult
    func execute(_ statement: SQL) throws -> Int {
        try noting {
            try connection.run(statement, attention, canceller) { result, _ in
                Int(String(cString: PQcmdTuples(result))) ?? 0
            }
        }
    }

    func executeScript(_ script: String) throws {
        try noting {
            try run("SET LOCAL statement_timeout = 0", within: limits.statementLimit)
            try run(script, within: Self.scriptLimit)
            try run(
                "SET LOCAL statement_timeout = \(limits.statementLimit.milliseconds)",
                within: limits.statementLimit)
        }
    }

    private var limits: PostgreSQLConfiguration { connection.limits }

    private func run(_ script: String, within limit: Duration) throws {
        try connection.run(script: script, within: limit, attention, canceller)
    }

    private func noting<Result>(_ body: () throws -> Result) throws -> Result {
        // After the first failure, the server says of each statement only that there was one.
        if let failure { throw failure.databaseError }
        do {
            return try body()
        } catch let error as PostgreSQLFailure {
            failure = error
            throw error.databaseError
        }
    }
}
