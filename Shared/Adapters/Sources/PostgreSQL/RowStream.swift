import Contracts
import Dispatch
import Synchronization

/// Rows on their way from the thread that fetches them to a consumer that takes its time. One batch is
/// fetched while another is consumed, and no more.
final class RowStream: Sendable {
    private let state = Mutex(State())
    private let room = DispatchSemaphore(value: 0)

    private struct State {
        var ready: [SQLRow]?
        var end: Result<Void, any Error>?
        var isClosed = false
        var consumer: Reply<[SQLRow]?>?
    }

    // MARK: - The thread's side

    /// Hands over a batch, and waits until there is room for another.
    /// - Returns: Whether anybody wants more.
    func offer(_ rows: [SQLRow]) -> Bool {
        let (consumer, waits) = state.withLock { state -> (Reply<[SQLRow]?>?, Bool) in
            guard !state.isClosed else { return (nil, false) }
            defer { state.consumer = nil }
            if state.consumer == nil { state.ready = rows }
            return (state.consumer, state.consumer == nil)
        }
        consumer?.end(.success(rows))
        if waits { room.wait() }
        return state.withLock { !$0.isClosed }
    }

    func finish(_ end: Result<Void, any Error>) {
        let consumer = state.withLock { state in
            state.end = state.end ?? end
            defer { state.consumer = nil }
            return state.consumer
        }
        consumer?.end(end.map { nil })
    }

    // MARK: - The consumer's side

    /// The next batch; `nil` at the end.
    func next() async throws -> [SQLRow]? {
        let reply = Reply<[SQLRow]?>()
        return try await reply.value {
            let answer = state.withLock { state -> Result<[SQLRow]?, any Error>? in
                if let rows = state.ready {
                    state.ready = nil
                    room.signal()
                    return .success(rows)
                }
                if state.end == nil { state.consumer = reply }
                return state.end?.map { nil }
            }
            if let answer { reply.end(answer) }
        } whenCancelled: {
        }
    }

    /// Nobody wants more.
    func close() {
        state.withLock { $0.isClosed = true }
        room.signal()
    }
}

extension Session {
    /// Fetches the rows of `statement`, all as of one moment, as fast as `stream` takes them.
    func fetch(_ statement: SQL, into stream: RowStream) throws {
        defer { rollBack() }
        let connection = try self.connection()
        try connection.run(script: "BEGIN READ ONLY", within: limits.statementLimit, attention, canceller)
        let text = "DECLARE stream NO SCROLL CURSOR FOR " + statement.text { "$\($0)" }
        _ = try connection.run(text: text, statement.parameters, attention, canceller)
        var size = RowBatchSize()
        while true {
            let answer = try connection.run(text: "FETCH \(size.rows) FROM stream", [], attention, canceller)
            let rows = try Columns(of: answer.result).rows(of: answer.result)
            if !rows.isEmpty, !stream.offer(rows) || rows.count < size.rows { return }
            if rows.isEmpty { return }
            size.learn(from: answer.result, rows: rows.count)
        }
    }
}
