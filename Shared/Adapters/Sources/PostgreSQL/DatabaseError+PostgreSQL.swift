import CPostgreSQL
import Contracts

/// What the server, or libpq, said of a failure.
struct PostgreSQLFailure: Error {
    /// Five characters; empty when the server said nothing: the connection was lost.
    let code: String
    let message: String
    let constraint: String?
    /// The server may still be at it: nobody has heard from it for as long as it had.
    var isTimeout = false

    /// From an answer that is an error.
    init(_ result: OpaquePointer) {
        code = Self.field("C", of: result) ?? ""
        message = Self.field("M", of: result) ?? "The connection to the database was lost."
        constraint = Self.field("n", of: result)
    }

    init(code: String = "", _ message: String) {
        self.code = code
        self.message = message
        constraint = nil
    }

    static let connectionLost = PostgreSQLFailure("The connection to the database was lost.")

    static var tookTooLong: PostgreSQLFailure {
        var failure = PostgreSQLFailure("The database didn't answer in time.")
        failure.isTimeout = true
        return failure
    }

    static var serverHangs: PostgreSQLFailure {
        var failure = PostgreSQLFailure("The database doesn't answer at present.")
        failure.isTimeout = true
        return failure
    }

    private static func field(_ name: Unicode.Scalar, of result: OpaquePointer) -> String? {
        PQresultErrorField(result, Int32(name.value)).map { String(cString: $0) }
    }

    /// Two transactions met: the same again may succeed. Source: the manual's section 13.5.
    var isConflict: Bool { code == "40001" || code == "40P01" }

    /// The statement's tables have changed since it was prepared, or the server has forgotten it.
    var isStalePlan: Bool { code == "26000" || code == "0A000" && message.contains("cached plan") }

    /// The session is over: the server is going down, or was never reached.
    var endsConnection: Bool {
        code.isEmpty || code.hasPrefix("08") || code.hasPrefix("57P") || code == "25P03"
    }

    var isCancelled: Bool { code == "57014" }

    /// In terms of the port. Source of the codes: the manual's appendix A.
    var databaseError: DatabaseError {
        switch code.prefix(2) {
        case "23" where code == "23505": .uniqueViolation(constraint ?? message)
        case "23": .constraintViolation(constraint ?? message)
        case "", "08", "40", "53", "57", "58": .unavailable(message)
        case "25" where code == "25P03", "55" where code == "55P03": .unavailable(message)
        // It quotes the value, which may be anybody's.
        case "22": .failed("\(code): \(message.prefix { $0 != "\"" })")
        default: .failed("\(code): \(message)")
        }
    }
}

extension ServiceError {
    /// The connection was lost while the commit was under way.
    static let outcomeUnknown = ServiceError(
        .unavailable, code: "database.outcome_unknown",
        "The database went away while the change was being saved, so it may or may not have been made. Look before you repeat it.",
        retryAfterSeconds: 1
    )
}
