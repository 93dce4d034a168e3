import Contracts
import GRDB

extension Contracts.DatabaseError {
    /// GRDB's error in terms of the port. Source of the codes: https://www.sqlite.org/rescode.html
    init(_ error: any Error) {
        guard let error = error as? GRDB.DatabaseError else {
            self = error as? Contracts.DatabaseError ?? .failed("\(error)")
            return
        }
        let message = error.message ?? "\(error.resultCode)"
        switch (error.resultCode, error.extendedResultCode) {
        case (_, .SQLITE_CONSTRAINT_UNIQUE), (_, .SQLITE_CONSTRAINT_PRIMARYKEY), (_, .SQLITE_CONSTRAINT_ROWID):
            self = .uniqueViolation(message)
        case (.SQLITE_CONSTRAINT, _):
            self = .constraintViolation(message)
        case (.SQLITE_BUSY, _), (.SQLITE_LOCKED, _), (.SQLITE_FULL, _), (.SQLITE_IOERR, _),
            (.SQLITE_CANTOPEN, _),
            (.SQLITE_NOMEM, _), (.SQLITE_READONLY, _):
            self = .unavailable(message)
        default:
            self = .failed("\(error)")
        }
    }
}

/// Runs `body` and turns GRDB's errors into those of the port; the body's own stay as they are.
func translatingErrors<Result>(_ body: () throws -> Result) throws -> Result {
    do {
        return try body()
    } catch let error as GRDB.DatabaseError {
        throw Contracts.DatabaseError(error)
    }
}
