import CPostgreSQL
import Contracts

/// A connection on which statements are sent without waiting for the answers of those before.
///
/// Each ends with a synchronisation of its own, so one that fails takes no other with it.
// Safe: touched only on the thread of the shared connections.
final class PipelinedConnection: @unchecked Sendable {
    let connection: Connection
    /// When the server last answered, or the first of what is unanswered was sent.
    private(set) var lastProgress = ContinuousClock.now
    /// How many statements the server has yet to answer.
    private(set) var unanswered = 0
    /// Whether the socket is to say when it takes more.
    var awaitsRoom = false
    let socket: Int32
    private var sent = Queue<Sent>()
    private var stopping: Canceller.Request?
    private var lastStop: ContinuousClock.Instant?
    private var prepareFailure: PostgreSQLFailure?

    /// What the server answers to, in this order.
    private enum Sent {
        case prepare(PreparedStatement)
        case query(SharedQuery, PreparedStatement)
        case forget
        case synchronisation

        func mayBeAnswered(by status: ExecStatusType) -> Bool {
            switch status {
            case PGRES_PIPELINE_SYNC: if case .synchronisation = self { true } else { false }
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY, PGRES_FATAL_ERROR,
                PGRES_PIPELINE_ABORTED:
                if case .synchronisation = self { false } else { true }
            default: false
            }
        }
    }

    var handle: OpaquePointer { connection.handle }

    /// - Returns: `nil` when libpq refuses.
    init?(_ connection: Connection) {
        self.connection = connection
        socket = PQsocket(connection.handle)
        guard PQenterPipelineMode(connection.handle) == 1 else { return nil }
    }

    /// Whether the server has been at one statement for a while.
    func isSlow(_ now: ContinuousClock.Instant) -> Bool {
        unanswered > 0 && now - lastProgress > .milliseconds(3)
    }

    /// Sends a statement, as far as the socket takes it.
    func send(_ query: SharedQuery, now: ContinuousClock.Instant) throws(PostgreSQLFailure) {
        let statement = query.statement
        do {
            try connection.parameters.fill(statement.parameters)
        } catch {
            return query.reply.end(.failure(error))
        }
        query.timesSent += 1
        if unanswered == 0 { lastProgress = now }
        let known = connection.statements.find(statement)
        let prepared = if let known { known } else { try prepare(statement) }
        let isSent = connection.parameters.withPointers {
            PQsendQueryPrepared(handle, prepared.name, $0, $1, $2, $3, 1)
        }
        guard isSent == 1, PQpipelineSync(handle) == 1 else { throw .connectionLost }
        sent.append(.query(query, prepared))
        sent.append(.synchronisation)
        unanswered += 1
    }

    private func prepare(_ statement: SQL) throws(PostgreSQLFailure) -> PreparedStatement {
        let (prepared, evicted) = connection.statements.add(statement)
        if let evicted { try forget(evicted) }
        let text = statement.text { "$\($0)" }
        let isSent = PQsendPrepare(handle, prepared.name, text, Int32(prepared.types.count), prepared.types)
        guard isSent == 1 else { throw .connectionLost }
        sent.append(.prepare(prepared))
        return prepared
    }

    private func forget(_ prepared: PreparedStatement) throws(PostgreSQLFailure) {
        let isSent = PQsendQueryParams(handle, "DEALLOCATE \(prepared.name)", 0, nil, nil, nil, nil, 0)
        guard isSent == 1, PQpipelineSync(handle) == 1 else { throw .connectionLost }
        sent.append(.forget)
        sent.append(.synchronisation)
    }

    /// - Returns: Whether the socket took everything.
    func flush() throws(PostgreSQLFailure) -> Bool {
        let rest = PQflush(handle)
        guard rest >= 0 else { throw .connectionLost }
        return rest == 0
    }

    /// Takes what has arrived, and tells those who wait for it.
    /// - Parameter again: Gets what is to be sent again.
    func receive(now: ContinuousClock.Instant, again: inout [SharedQuery]) throws(PostgreSQLFailure) {
        // What came with the end of the connection still counts.
        let isLost = PQconsumeInput(handle) == 0
        var gaps = 0
        while !sent.isEmpty, gaps < 2, PQisBusy(handle) == 0 {
            guard let result = PQgetResult(handle) else {
                // One stands between the answers to two statements; two, where there is nothing more.
                gaps += 1
                continue
            }
            gaps = 0
            defer { PQclear(result) }
            lastProgress = now
            if let query = try take(result, now) { again.append(query) }
        }
        guard !isLost, gaps < 2, PQstatus(handle) == CONNECTION_OK else { throw .connectionLost }
    }

    /// - Returns: The statement, when it is to be sent again.
    private func take(_ result: OpaquePointer, _ now: ContinuousClock.Instant) throws(PostgreSQLFailure)
        -> SharedQuery?
    {
        let status = PQresultStatus(result)
        let failure = status == PGRES_FATAL_ERROR ? PostgreSQLFailure(result) : nil
        if let failure, failure.endsConnection { throw failure }
        guard let next = sent.first, next.mayBeAnswered(by: status), let answered = sent.popFirst() else {
            // Whatever this answers to, the others would get what isn't theirs.
            throw .connectionLost
        }
        switch answered {
        case .synchronisation, .forget: break
        case .prepare(let prepared):
            guard status != PGRES_COMMAND_OK else { break }
            connection.statements.remove(prepared)
            prepareFailure = failure
        case .query(let query, let prepared):
            unanswered -= 1
            if status == PGRES_TUPLES_OK {
                query.reply.end(Result { try prepared.columns(of: result).rows(of: result) })
            } else if status == PGRES_COMMAND_OK {
                query.reply.end(.success([]))
            } else {
                defer { prepareFailure = nil }
                return again(query, prepared, after: failure ?? prepareFailure ?? .connectionLost, now)
            }
        }
        return nil
    }

    private func again(
        _ query: SharedQuery, _ prepared: PreparedStatement, after failure: PostgreSQLFailure,
        _ now: ContinuousClock.Instant
    ) -> SharedQuery? {
        if failure.isStalePlan {
            connection.statements.remove(prepared)
            // If that can't be sent, nothing can, which is noticed soon.
            try? forget(prepared)
        }
        // The request to stop was meant for the one before.
        let isMistaken = failure.isCancelled && lastStop.map { now - $0 < .seconds(2) } == true
        if failure.isStalePlan || failure.isConflict || isMistaken, query.mayBeSentAgain { return query }
        query.reply.end(.failure(failure.databaseError))
        return nil
    }

    /// Has the server stop a statement that nobody waits for any more.
    /// - Throws: When the server hasn't answered for longer than it may take, or hangs.
    func look(_ canceller: Canceller, _ pulse: Pulse, _ wake: WakeSignal, now: ContinuousClock.Instant)
        throws(PostgreSQLFailure)
    {
        guard unanswered > 0 else { return }
        let silence = now - lastProgress
        // The server ends what takes too long by itself, if it can.
        if silence > connection.limits.statementLimit + .seconds(2) { throw .tookTooLong }
        try pulse.check(waitingSince: lastProgress, now)
        guard silence > .milliseconds(50), stopping?.isDone != false, let query = firstUnanswered,
            query.reply.isEnded, !query.isStopping
        else { return }
        query.isStopping = true
        lastStop = now
        stopping = canceller.stop(handle) { wake.raise() }
    }

    /// What the server is at. It keeps the answer to a preparation until it has that to the statement.
    private var firstUnanswered: SharedQuery? {
        for case .query(let query, _) in sent.prefix(4) { return query }
        return nil
    }

    /// What was sent and not answered.
    func abandon() -> [SharedQuery] {
        connection.isBroken = true
        unanswered = 0
        return sent.removeAll().compactMap { if case .query(let query, _) = $0 { query } else { nil } }
    }
}
