import Contracts

/// A contact's message that the assistant still owes an answer.
struct PendingAnswer: Sendable, Hashable {
    let messageID: MessageID
    let conversationID: ConversationID
    let content: String
    /// Of the request that posted the message.
    let requestID: String
    let enqueuedAt: Instant
    /// How many times answering it has failed.
    var attempts: Int
    var nextAttemptAt: Instant

    static let maximumAttempts = 5
    /// After this nobody waits for an answer any more.
    static let longestWait = Duration.seconds(3600)

    /// - Parameter isOutage: Whether something was merely out of reach: that isn't the question's failure,
    ///   so it is tried for as long as somebody may wait.
    /// - Returns: `false` when it has failed for the last time.
    mutating func postpone(
        at now: Instant, isOutage: Bool, using random: inout some RandomNumberGenerator
    ) -> Bool {
        attempts += 1
        guard isOutage ? now < enqueuedAt + Self.longestWait : attempts < Self.maximumAttempts else {
            return false
        }
        // Full jitter: after an outage of Chat all waiting answers would otherwise come at the same moment.
        let longest = min(60_000, 1000 << min(attempts, 6))
        nextAttemptAt = now + .milliseconds(Int.random(in: 0...longest, using: &random))
        return true
    }
}

/// The messages that wait for an answer. Rows outlive the process.
protocol PendingAnswers: Sendable {
    /// Queues the message of this event; a second delivery of the event does nothing.
    func enqueue(_ pending: PendingAnswer, for envelope: EventEnvelope, _ context: MessageContext) async throws

    /// The oldest message of each conversation, oldest first, when its time has come: a conversation's next
    /// message waits for the one before it.
    /// - Parameter busy: Conversations that are being answered.
    func due(at now: Instant, except busy: Set<ConversationID>, limit: Int) async throws -> [PendingAnswer]

    /// Takes the message off the list and records the event, as one; nothing when it isn't on the list any more.
    func finish(_ pending: PendingAnswer, _ event: QuestionAnswered, _ context: MessageContext) async throws

    func drop(_ messageID: MessageID) async throws
    func save(_ pending: PendingAnswer) async throws
}
