import Contracts
import NIOCore

/// What a connection has to do: bytes to send, and who waits for which answer. Redis answers in the order of
/// the commands, so the order is all there is to know.
///
/// Plain state: the connection puts it behind a lock, does the I/O, and wakes up who is done.
struct CommandPipeline {
    private let maximumWaiting: Int
    private let maximumWaitingBytes: Int
    private var unsent = ByteBuffer()
    private var waiting = CircularBuffer<Errand>()
    private var waitingBytes = 0
    private var isFlushScheduled = false
    private var failure: (any Error)?

    /// One caller's commands, which go out together and in their order.
    private struct Errand {
        let reply: RedisReply
        let byteCount: Int
        let dueAt: NIODeadline
        var missing: Int
        var values: [RESPValue] = []
    }

    init(maximumWaiting: Int, maximumWaitingBytes: Int) {
        self.maximumWaiting = maximumWaiting
        self.maximumWaitingBytes = maximumWaitingBytes
    }

    /// - Parameter answers: How many values answer the commands; fewer than commands where some (SUBSCRIBE)
    ///   are answered by a push.
    /// - Returns: Whether someone must be told to send what there is to send.
    /// - Throws: `.unavailable` when it is closed or full. Nothing is sent then.
    mutating func enqueue(
        _ commands: [RedisCommand], answers: Int, dueAt: NIODeadline, _ reply: RedisReply
    ) throws -> Bool {
        if let failure { throw failure }
        let byteCount = commands.reduce(0) { $0 + $1.byteCount }
        guard waiting.count < maximumWaiting,
            waiting.isEmpty || waitingBytes + byteCount <= maximumWaitingBytes
        else { throw ServiceError.redisOverloaded }
        for command in commands { command.write(into: &unsent) }
        waiting.append(Errand(reply: reply, byteCount: byteCount, dueAt: dueAt, missing: answers))
        waitingBytes += byteCount
        defer { isFlushScheduled = true }
        return !isFlushScheduled
    }

    /// What is to be sent now.
    mutating func takeUnsent() -> ByteBuffer {
        isFlushScheduled = false
        defer { unsent = ByteBuffer() }
        return unsent
    }

    /// Takes what the server answered.
    /// - Returns: Who is done, and with what.
    mutating func take(_ answers: [RESPValue]) throws -> [(RedisReply, [RESPValue])] {
        var done: [(RedisReply, [RESPValue])] = []
        for answer in answers {
            guard !waiting.isEmpty else { throw RESPProblem("an answer came that nobody waits for") }
            let first = waiting.startIndex
            waiting[first].values.append(answer)
            waiting[first].missing -= 1
            if waiting[first].missing == 0 {
                let errand = waiting.removeFirst()
                waitingBytes -= errand.byteCount
                done.append((errand.reply, errand.values))
            }
        }
        return done
    }

    /// Until when the next answer must be there. `nil`: nobody waits.
    var dueAt: NIODeadline? { waiting.first?.dueAt }

    /// Refuses everything from now on.
    /// - Returns: Who waits in vain.
    mutating func close(_ failure: any Error) -> [RedisReply] {
        guard self.failure == nil else { return [] }
        self.failure = failure
        defer {
            waiting = CircularBuffer()
            unsent = ByteBuffer()
        }
        return waiting.map(\.reply)
    }
}
