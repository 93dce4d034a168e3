import CPostgreSQL
import Contracts
import Glibc

extension Connection {
    /// Runs one statement, prepared at its first time.
    /// - Throws: `PostgreSQLFailure`, `DatabaseError` for parameters that PostgreSQL can't hold,
    ///   `CancellationError`, after the server was told to stop.
    func run<Result>(
        _ statement: SQL, _ attention: Attention, _ canceller: Canceller,
        read: (OpaquePointer, PreparedStatement) throws -> Result
    ) throws -> Result {
        try statement.checkText()
        try parameters.fill(statement.parameters)
        let prepared = try prepare(statement, attention, canceller)
        let sent = parameters.withPointers {
            PQsendQueryPrepared(handle, prepared.name, $0, $1, $2, $3, 1)
        }
        let result = try answer(sent, limits.statementLimit, attention, canceller)
        defer { PQclear(result) }
        return try read(result, prepared)
    }

    /// Runs one statement that isn't worth preparing.
    func run(
        text: String, _ values: [SQLValue], _ attention: Attention, _ canceller: Canceller
    ) throws -> Answer {
        try parameters.fill(values)
        let types = values.map(\.postgresType)
        let sent = parameters.withPointers { PQsendQueryParams(handle, text, $0, types, $1, $2, $3, 1) }
        return Answer(try answer(sent, limits.statementLimit, attention, canceller))
    }

    /// Runs any number of statements without parameters.
    func run(script: String, within limit: Duration, _ attention: Attention, _ canceller: Canceller) throws {
        guard !script.utf8.contains(0) else { throw ServiceError.zeroByteInText }
        PQclear(try answer(PQsendQuery(handle, script), limit, attention, canceller))
    }

    private func prepare(_ statement: SQL, _ attention: Attention, _ canceller: Canceller) throws
        -> PreparedStatement
    {
        if let known = statements.find(statement) { return known }
        let (prepared, evicted) = statements.add(statement)
        do {
            if let evicted {
                _ = try run(
                    script: "DEALLOCATE \(evicted.name)", within: limits.statementLimit, attention, canceller)
            }
            let text = statement.text { "$\($0)" }
            let sent = PQsendPrepare(handle, prepared.name, text, Int32(prepared.types.count), prepared.types)
            PQclear(try answer(sent, limits.statementLimit, attention, canceller))
        } catch {
            statements.remove(prepared)
            throw error
        }
        return prepared
    }

    /// Waits for the answer to what was sent: the last result, or the first failure.
    private func answer(
        _ sent: Int32, _ limit: Duration, _ attention: Attention, _ canceller: Canceller
    ) throws -> OpaquePointer {
        guard sent == 1 else {
            isBroken = true
            throw PostgreSQLFailure.connectionLost
        }
        do {
            // The server ends what takes too long by itself, if it can.
            return try receive(by: .now + limit + .seconds(2), attention)
        } catch let error as CancellationError {
            stop(attention, canceller)
            throw error
        }
    }

    private func receive(by deadline: ContinuousClock.Instant, _ attention: Attention) throws -> OpaquePointer {
        var last: OpaquePointer?
        var failure: PostgreSQLFailure?
        do {
            try flush(by: deadline, attention)
            while let result = try nextResult(by: deadline, attention) {
                PQclear(last)
                last = result
                switch PQresultStatus(result) {
                case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: break
                case PGRES_FATAL_ERROR: failure = failure ?? PostgreSQLFailure(result)
                default:
                    // COPY: the connection waits for what nobody here will send.
                    isBroken = true
                    throw PostgreSQLFailure(code: "0A000", "This kind of statement can't be run here.")
                }
            }
        } catch {
            PQclear(last)
            if error is PostgreSQLFailure { isBroken = true }
            throw error
        }
        if failure?.endsConnection == true { isBroken = true }
        guard failure == nil, let last else {
            PQclear(last)
            throw failure ?? PostgreSQLFailure.connectionLost
        }
        return last
    }

    private func flush(by deadline: ContinuousClock.Instant, _ attention: Attention) throws {
        while true {
            switch PQflush(handle) {
            case 0: return
            case 1:
                try attention.wait(for: PQsocket(handle), Int16(POLLIN | POLLOUT), until: deadline)
                guard PQconsumeInput(handle) == 1 else { throw PostgreSQLFailure.connectionLost }
            default: throw PostgreSQLFailure.connectionLost
            }
        }
    }

    private func nextResult(by deadline: ContinuousClock.Instant, _ attention: Attention) throws
        -> OpaquePointer?
    {
        while PQisBusy(handle) == 1 {
            try attention.wait(for: PQsocket(handle), Int16(POLLIN), until: deadline)
            guard PQconsumeInput(handle) == 1 else { throw PostgreSQLFailure.connectionLost }
        }
        return PQgetResult(handle)
    }

    /// Has the server stop what it is at. A connection on which it doesn't, soon, is given up: a request to
    /// stop that comes late would hit the next statement.
    private func stop(_ attention: Attention, _ canceller: Canceller) {
        let attention = attention.undisturbed
        let deadline = ContinuousClock.now + .seconds(1)
        let request = canceller.stop(handle) { attention.wake.raise() }
        // Usually it says that it was stopped.
        PQclear(try? receive(by: deadline, attention))
        while !isBroken, !request.isDone {
            do {
                try Attention(wake: attention.wake) { !request.isDone }.wait(for: -1, 0, until: deadline)
            } catch is CancellationError {
                return
            } catch {
                isBroken = true
            }
        }
    }
}

/// An answer of the server, kept until nobody reads it any more.
final class Answer {
    let result: OpaquePointer

    init(_ result: OpaquePointer) {
        self.result = result
    }

    deinit {
        PQclear(result)
    }
}
