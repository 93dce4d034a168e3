import CPostgreSQL
import Contracts

/// What a transaction begins with.
enum TransactionKind: String {
    /// Bodies are written for SQLite's one writer: nothing weaker does what they expect.
    case writing = "BEGIN ISOLATION LEVEL SERIALIZABLE"
    case reading = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
}

extension Session {
    /// How often a body is run again because the connection was lost before its commit.
    private static let maximumReconnections = 2

    /// Runs `body` in a transaction, again when it met another one.
    /// - Throws: What `body` throws; `DatabaseError`; ``ServiceError/outcomeUnknown``, never run again then;
    ///   `CancellationError`.
    func transact<Result>(_ kind: TransactionKind, _ body: (any SQLTransaction) throws -> Result) throws
        -> Result
    {
        let deadline = ContinuousClock.now + limits.conflictLimit
        var (attempt, reconnections, hasForgotten) = (0, 0, false)
        while true {
            attempt += 1
            switch try attemptOnce(kind, body) {
            case .success(let result): return result
            case .failure(let failure) where failure.isConflict:
                let pause = fullJitter(attempt: attempt, first: .milliseconds(2), longest: .milliseconds(250))
                guard .now + pause < deadline else { throw failure.databaseError }
                try attention.pause(pause)
            case .failure(let failure) where failure.isStalePlan && !hasForgotten:
                hasForgotten = true
                forgetStatements()
            case .failure(let failure):
                let goesOn = failure.endsConnection && !failure.isTimeout
                guard goesOn, reconnections < Self.maximumReconnections else { throw failure.databaseError }
                reconnections += 1
            }
        }
    }

    /// - Returns: A failure of the server's, after which nothing of it is there.
    /// - Throws: What no repetition helps against.
    private func attemptOnce<Result>(
        _ kind: TransactionKind, _ body: (any SQLTransaction) throws -> Result
    ) throws -> Swift.Result<Result, PostgreSQLFailure> {
        let connection = try self.connection()
        do {
            try connection.run(script: kind.rawValue, within: limits.statementLimit, attention, canceller)
        } catch {
            rollBack()
            guard let failure = error as? PostgreSQLFailure else { throw error }
            return .failure(failure)
        }
        let transaction = PostgreSQLTransaction(connection, self)
        let result: Result
        do {
            result = try body(transaction)
            guard attention.isWanted() else { throw CancellationError() }
        } catch {
            rollBack()
            // Whatever the body made of it.
            if let failure = transaction.failure,
                failure.isConflict || failure.endsConnection || failure.isStalePlan
            {
                return .failure(failure)
            }
            throw error
        }
        if let failure = transaction.failure {
            rollBack()
            return .failure(failure)
        }
        return try commit(kind, on: connection).map { result }
    }

    private func commit(_ kind: TransactionKind, on connection: Connection) throws -> Result<
        Void, PostgreSQLFailure
    > {
        do {
            // Nobody's patience ends here: the server is about to do it, and its answer frees the connection.
            try connection.run(
                script: "COMMIT", within: limits.statementLimit, attention.undisturbed, canceller)
            return .success(())
        } catch let failure as PostgreSQLFailure {
            let isLost = connection.isBroken
            rollBack()
            switch kind {
            case .reading: return .success(())
            case .writing where isLost: throw ServiceError.outcomeUnknown
            case .writing: return .failure(failure)
            }
        }
    }
}
