import Contracts

/// Puts a contact's message on the list of those to answer.
struct MessagePostedReaction: Sendable {
    let pending: any PendingAnswers
    let bell: Bell
    let now: @Sendable () -> Instant

    func callAsFunction(_ event: MessagePosted, _ envelope: EventEnvelope, _ context: MessageContext)
        async throws
    {
        // Agents don't ask us, and answering the assistant would be talking to itself.
        guard event.message.author.kind == .contact else { return }
        let now = now()
        let answer = PendingAnswer(
            messageID: event.message.id, conversationID: event.message.conversationID,
            content: event.message.content, requestID: envelope.requestID, enqueuedAt: now, attempts: 0,
            nextAttemptAt: now
        )
        try await pending.enqueue(answer, for: envelope, context)
        bell.ring()
    }
}

/// Wakes the job that answers. Ringing twice before it listens wakes it once.
struct Bell: Sendable {
    /// For one listener.
    let strokes: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (strokes, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func ring() { continuation.yield() }
}
